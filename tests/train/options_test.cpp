#include "train/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "train/optimizers/optimizers.h"
#include "train/schedules/schedules.h"

namespace residual::train {
namespace {

TEST(LearningRate, WarmsUpLinearlyThenFollowsTheCosineToZero) {
  const ScheduleOptions options{.name = "cosine", .learning_rate = 0.1, .warmup_steps = 400};
  EXPECT_DOUBLE_EQ(learning_rate(options, 0, 390, 6), 0.1 / 400);
  EXPECT_NEAR(learning_rate(options, 1170, 390, 6), 0.05, 1e-12);  // half of 2340 steps
  EXPECT_LT(learning_rate(options, 2339, 390, 6), 1e-6);
}

TEST(LearningRate, StepsDownEverySoManyEpochs) {
  const ScheduleOptions options{
      .name = "step", .learning_rate = 1, .warmup_steps = 0, .settings = {{"step_epochs", int64_t{2}}, {"gamma", 0.5}}};
  EXPECT_DOUBLE_EQ(learning_rate(options, 19, 10, 6), 1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 20, 10, 6), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(options, 40, 10, 6), 0.25);
}

TEST(LearningRate, StepsDownAtMilestones) {
  const ScheduleOptions options{
      .name = "multistep", .learning_rate = 1, .warmup_steps = 0, .settings = {{"milestones", std::vector<int64_t>{3, 5}}}};
  EXPECT_DOUBLE_EQ(learning_rate(options, 29, 10, 6), 1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 30, 10, 6), 0.1);
  EXPECT_NEAR(learning_rate(options, 50, 10, 6), 0.01, 1e-15);
}

TEST(LearningRate, StaysAsItIsInAConstantSchedule) {
  const ScheduleOptions options{.name = "constant", .learning_rate = 0.3, .warmup_steps = 10};
  EXPECT_DOUBLE_EQ(learning_rate(options, 4, 10, 6), 0.15);
  EXPECT_EQ(learning_rate(options, 59, 10, 6), 0.3);
}

TEST(Settings, ThoseThatAreNotGivenHaveTheirDefaults) {
  const Settings sgd = settings_of(OptimizerOptions{.settings = {{"nesterov", true}}});
  EXPECT_EQ(get<double>(sgd, "momentum"), 0.9);
  EXPECT_TRUE(get<bool>(sgd, "nesterov"));
  const Settings adam = settings_of(OptimizerOptions{.name = "adam", .settings = {{"beta1", int64_t{0}}}});
  EXPECT_EQ(get<double>(adam, "beta1"), 0.0) << "a whole number is a number";
  EXPECT_EQ(get<double>(adam, "beta2"), 0.999);
}

TEST(Settings, AreRefusedWithWhatTheirOwnerHas) {
  const auto refusal = [](const OptimizerOptions& options) -> std::string {
    try {
      settings_of(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_EQ(refusal({.name = "adam", .settings = {{"momentum", 0.9}}}),
            "adam has no setting 'momentum'; it has beta1, beta2, eps");
  EXPECT_EQ(refusal({.settings = {{"momentum", 1.5}}}), "the momentum of sgd is 1.5, a number within [0, 1) is expected");
  EXPECT_EQ(refusal({.settings = {{"nesterov", 1.0}}}), "the nesterov of sgd is 1, a value such as false is expected");
  EXPECT_EQ(refusal({.name = "lion"}), "no optimizer is called 'lion'; known are sgd, adam, adamw");
}

TEST(TrainOptions, WhatIsOutOfRangeOrContradictsIsRefusedByItsOption) {
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
  EXPECT_TRUE(refused([](TrainOptions& o) { o.batch_size = 0; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.batch_size = 65'537; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.learning_rate = -1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.learning_rate = std::nan(""); }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.optimizer.settings["momentum"] = 1.0; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.label_smoothing = 1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.optimizer.name = "adam", o.optimizer.settings["nesterov"] = true; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.settings["milestones"] = std::vector<int64_t>{3}; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.name = "multistep"; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.name = "staircase"; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.optimizer.settings["momentum"] = true; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.clip_grad_norm = -1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.clip_grad_norm = std::nan(""); }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.ema_decay = 1; }));
}

}  // namespace
}  // namespace residual::train
