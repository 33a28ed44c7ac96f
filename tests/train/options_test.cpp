#include "train/options.h"

#include <gtest/gtest.h>

#include <cmath>

namespace residual::train {
namespace {

TEST(LearningRate, WarmsUpLinearlyThenFollowsTheCosineToZero) {
  const ScheduleOptions options{.kind = Schedule::kCosine, .learning_rate = 0.1, .warmup_steps = 400};
  EXPECT_DOUBLE_EQ(learning_rate(options, 0, 390, 6), 0.1 / 400);
  EXPECT_NEAR(learning_rate(options, 1170, 390, 6), 0.05, 1e-12);  // half of 2340 steps
  EXPECT_LT(learning_rate(options, 2339, 390, 6), 1e-6);
}

TEST(LearningRate, StepsDownEverySoManyEpochs) {
  const ScheduleOptions options{.kind = Schedule::kStep, .learning_rate = 1, .warmup_steps = 0, .step_epochs = 2, .gamma = 0.5};
  EXPECT_DOUBLE_EQ(learning_rate(options, 19, 10, 6), 1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 20, 10, 6), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(options, 40, 10, 6), 0.25);
}

TEST(LearningRate, StepsDownAtMilestones) {
  const ScheduleOptions options{
      .kind = Schedule::kMultistep, .learning_rate = 1, .warmup_steps = 0, .gamma = 0.1, .milestones = {3, 5}};
  EXPECT_DOUBLE_EQ(learning_rate(options, 29, 10, 6), 1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 30, 10, 6), 0.1);
  EXPECT_NEAR(learning_rate(options, 50, 10, 6), 0.01, 1e-15);
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
  EXPECT_TRUE(refused([](TrainOptions& o) { o.optimizer.momentum = 1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.label_smoothing = 1; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.optimizer.kind = Optimizer::kAdam, o.optimizer.nesterov = true; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.milestones = {3}; }));
  EXPECT_TRUE(refused([](TrainOptions& o) { o.schedule.kind = Schedule::kMultistep; }));
}

}  // namespace
}  // namespace residual::train
