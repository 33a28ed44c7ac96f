#include "train/options/hyperparameter_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <map>
#include <set>

#include "train/optimizers/optimizers.h"
#include "train/options/options.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

using testing::HasSubstr;

TEST(LearningRate, WarmsUpLinearlyThenFollowsTheCosineToZero) {
  const Hyperparameters values = complete({.epochs = 6, .learning_rate = 0.1, .warmup_steps = 400});
  EXPECT_DOUBLE_EQ(learning_rate(values, 0, 390), 0.1 / 400);
  EXPECT_NEAR(learning_rate(values, 1170, 390), 0.05, 1e-12);  // half of 2340 steps
  EXPECT_LT(learning_rate(values, 2339, 390), 1e-6);
}

TEST(LearningRate, StepsDownEverySoManyEpochs) {
  const Hyperparameters values = complete({.epochs = 6,
                                           .learning_rate = 1,
                                           .schedule = residual::Schedule::kStep,
                                           .warmup_steps = 0,
                                           .step_epochs = 2,
                                           .gamma = 0.5});
  EXPECT_DOUBLE_EQ(learning_rate(values, 19, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(values, 20, 10), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(values, 40, 10), 0.25);
}

TEST(LearningRate, StepsDownAtMilestones) {
  const Hyperparameters values = complete(
      {.epochs = 6, .learning_rate = 1, .schedule = residual::Schedule::kMultistep, .warmup_steps = 0, .milestones = {3, 5}});
  EXPECT_DOUBLE_EQ(learning_rate(values, 29, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(values, 30, 10), 0.1);
  EXPECT_NEAR(learning_rate(values, 50, 10), 0.01, 1e-15);
}

TEST(LearningRate, StaysAsItIsInAConstantSchedule) {
  const Hyperparameters values =
      complete({.epochs = 6, .learning_rate = 0.3, .schedule = residual::Schedule::kConstant, .warmup_steps = 10});
  EXPECT_DOUBLE_EQ(learning_rate(values, 4, 10), 0.15);
  EXPECT_EQ(learning_rate(values, 59, 10), 0.3);
}

TEST(Hyperparameters, ThatAreEmptyHaveTheDefaultsOfTheOptimizerAndTheSchedule) {
  const Hyperparameters sgd = complete({.nesterov = true});
  EXPECT_EQ(sgd.momentum, 0.9);
  EXPECT_EQ(sgd.learning_rate, 0.1);
  EXPECT_EQ(sgd.weight_decay, 1e-4);
  EXPECT_EQ(sgd.gamma, std::nullopt);
  const Hyperparameters adam =
      complete({.optimizer = residual::Optimizer::kAdamW, .beta1 = 0, .schedule = residual::Schedule::kStep});
  EXPECT_EQ(adam.beta1, 0.0);
  EXPECT_EQ(adam.beta2, 0.999);
  EXPECT_EQ(adam.learning_rate, 0.001);
  EXPECT_EQ(adam.weight_decay, 0.01);
  EXPECT_EQ(adam.momentum, std::nullopt);
  EXPECT_EQ(adam.step_epochs, 30);
}

TEST(Hyperparameters, HaveNamesThatGoBothWays) {
  std::set<std::string_view> names;
  for (const Optimizer* optimizer : optimizers()) {
    EXPECT_EQ(value_named<residual::Optimizer>("optimizer", optimizer->name), optimizer->value);
    EXPECT_EQ(name_of(optimizer->value), optimizer->name);
    EXPECT_EQ(&find(optimizer->value), optimizer) << optimizer->name << " has the enumerator of another";
  }
  for (const Schedule* schedule : schedules()) {
    EXPECT_EQ(value_named<residual::Schedule>("schedule", schedule->name), schedule->value);
    EXPECT_EQ(&find(schedule->value), schedule) << schedule->name << " has the enumerator of another";
  }
  for (const Hyperparameter& row : hyperparameters()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  for (const Setting& setting : settings())
    EXPECT_TRUE(names.insert(setting.hyperparameter->name).second) << setting.hyperparameter->name;
}

// By their places in the struct: a field without a row, which no option, no check and no identity would know, is a gap.
TEST(Hyperparameters, EveryFieldHasARow) {
  const Hyperparameters values;
  std::map<size_t, size_t> ends;  // of the fields, by their begin
  const auto add = [&](const Hyperparameter& row) {
    std::visit(
        [&](const auto member) {
          const auto begin = static_cast<size_t>(reinterpret_cast<const std::byte*>(&(values.*member)) -
                                                 reinterpret_cast<const std::byte*>(&values));
          ends[begin] = begin + sizeof(values.*member);
        },
        row.field);
  };
  for (const Hyperparameter& row : hyperparameters()) add(row);
  for (const Setting& setting : settings()) add(*setting.hyperparameter);
  size_t end = 0;
  for (const auto& [begin, next] : ends) {
    EXPECT_LT(begin - end, alignof(double)) << "no row for the field at byte " << end;
    end = next;
  }
  EXPECT_LT(sizeof(values) - end, alignof(double)) << "no row for the last field";
}

std::string refusal(const Hyperparameters& values) {
  try {
    check(values);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "nothing was refused";
}

TEST(Hyperparameters, ThatAreOutOfRangeOrContradictAreRefusedByName) {
  using H = Hyperparameters;
  EXPECT_EQ(refusal({}), "nothing was refused");
  EXPECT_EQ(refusal({.epochs = 0}), "epochs is 0, expected 1 to 1000000");
  EXPECT_EQ(refusal({.batch_size = 65'537}), "batch_size is 65537, expected 1 to 65536");
  EXPECT_EQ(refusal({.learning_rate = -1}), "learning_rate is -1, expected a number above 0");
  EXPECT_EQ(refusal({.learning_rate = std::nan("")}), "learning_rate is nan, expected a number above 0");
  EXPECT_EQ(refusal({.momentum = 1.5}), "momentum is 1.5, expected a number within [0, 1)");
  EXPECT_EQ(refusal({.weight_decay = -1}), "weight_decay is -1, expected a number of at least 0");
  EXPECT_EQ(refusal({.ema_decay = 1}), "ema_decay is 1, expected a number within [0, 1)");
  EXPECT_EQ(refusal({.label_smoothing = 1}), "label_smoothing is 1, expected a number within [0, 1)");
  EXPECT_THAT(refusal({.clip_grad_norm = std::nan("")}), HasSubstr("clip_grad_norm"));
  EXPECT_THAT(refusal({.warmup_steps = -1}), HasSubstr("warmup_steps"));
  EXPECT_THAT(refusal({.head_learning_rate_scale = 0}), HasSubstr("head_learning_rate_scale"));
  EXPECT_THAT(refusal(H{.momentum = 0, .nesterov = true}), HasSubstr("Nesterov"));
  EXPECT_EQ(refusal({.optimizer = residual::Optimizer::kAdam, .nesterov = true}),
            "nesterov belongs to optimizer sgd, not to adam");
  EXPECT_EQ(refusal({.beta1 = 0.9}), "beta1 belongs to optimizer adam or adamw, not to sgd");
  EXPECT_EQ(refusal({.milestones = {3}}), "milestones belongs to schedule multistep, not to cosine");
  EXPECT_THAT(refusal({.schedule = residual::Schedule::kMultistep}), HasSubstr("needs milestones"));
  EXPECT_THAT(refusal({.schedule = residual::Schedule::kMultistep, .milestones = {5, 2}}), HasSubstr("rising order"));
  EXPECT_THAT(refusal({.schedule = residual::Schedule::kMultistep, .milestones = {0}}), HasSubstr("milestones is 0"));
  EXPECT_THAT(refusal({.optimizer = static_cast<residual::Optimizer>(99)}), HasSubstr("99"));
}

TEST(TrainOptions, RefusesWhatNoRunCanProceedWith) {
  const auto refused = [](auto change) {
    TrainOptions options;
    change(options);
    try {
      check(options);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kUsage;
    }
    return false;
  };
  EXPECT_NO_THROW(check(TrainOptions{}));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.epochs = 0; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.loader_threads = 0; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.target.threads = -1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.checkpoint_minutes = 0; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.checkpoint_minutes = std::nan(""); }));
}

}  // namespace
}  // namespace residual::train
