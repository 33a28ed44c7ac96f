// A run that version 0.1.0 began is recognised as the same run.
#include "train/run/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/checkpoint.h"
#include "train/options/hyperparameter_table.h"

namespace residual::train {
namespace {

// What 0.1.0 wrote for `residual train --data shapes --train-size 40 --test-size 10 --model resnet8 --input 3x8x8 --batch-size 16
// --epochs 1 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25 --schedule step --step-epochs 2 --gamma 0.5`: optimizer and schedule.
constexpr std::string_view kStepRun =
    R"("optimizer":{"kind":"sgd","momentum":0.9,"nesterov":false,"weight_decay":0.0001},"schedule":{"kind":"step","lr":0.1,"warmup":0,"step_epochs":2,"gamma":0.5,"milestones":[]})";

// The same with `--optimizer adam` and the cosine schedule.
constexpr std::string_view kCosineRun =
    R"("optimizer":{"kind":"adam","beta1":0.9,"beta2":0.999,"eps":1e-08,"weight_decay":0.0},"schedule":{"kind":"cosine","lr":0.001,"warmup":0,"step_epochs":30,"gamma":0.1,"milestones":[]})";

std::string old_identity(std::string_view optimizer_and_schedule) {
  return std::string(
             R"({"architecture":{"model":"resnet8","input":[3,8,8],"classes":10},"preprocessing":[{"step":"decode","channels":3},{"step":"resize","size":[8,8],"filter":"bilinear"},{"step":"divide","by":255.0},{"step":"normalize","mean":[0.5,0.5,0.5],"std":[0.25,0.25,0.25]}],"data":{"format":"shapes","classes":["circle","square","triangle","star","cross","ring","pentagon","crescent","arrow","heart"],"train":40,"validation":null,"test":10,"fingerprint":["8edfdea5dee8f608","","17290b14feb434c6"]},"init":0,"pretrained":"","freeze":[],"head_rate_scale":1.0,"epochs":1,"batch_size":16,)") +
         std::string(optimizer_and_schedule) + R"(,"augment":{"crop_padding":4,"flip":true},"label_smoothing":0.0,"seed":0})";
}

TrainOptions same_options() {
  TrainOptions options;
  options.architecture.model = "resnet8";
  options.architecture.input = Shape{3, 8, 8};
  options.epochs = 1;
  options.batch_size = 16;
  options.warmup_steps = 0;
  return options;
}

std::string identity_of(TrainOptions options) {
  static_cast<Hyperparameters&>(options) = complete(options);
  const data::DataSource source =
      data::open_data({.path = "shapes", .train_size = 40, .test_size = 10, .shapes_height = 8, .shapes_width = 8});
  const std::vector<float> mean(3, 0.5F), std(3, 0.25F);
  return identity_json(options, source, data::Preprocessing::standard(options.architecture.input, mean, std));
}

std::string differences(std::string_view saved, const TrainOptions& options) {
  const auto all = io::identity_differences(upgraded_identity(saved), identity_of(options));
  return all.empty() ? "none" : io::side_by_side(all);
}

TEST(Identity, OfARunBegunBy010IsThatOfTheSameRunNow) {
  TrainOptions step = same_options();
  step.schedule = residual::Schedule::kStep;
  step.step_epochs = 2;
  step.gamma = 0.5;
  EXPECT_EQ(differences(old_identity(kStepRun), step), "none");
  TrainOptions cosine = same_options();
  cosine.optimizer = residual::Optimizer::kAdam;
  EXPECT_EQ(differences(old_identity(kCosineRun), cosine), "none");
}

TEST(Identity, OfARunBegunBy010DiffersWhereTheOptionsDo) {
  TrainOptions options = same_options();
  options.schedule = residual::Schedule::kStep;
  options.step_epochs = 3;
  options.gamma = 0.5;
  options.ema_decay = 0.9;
  const auto all = io::identity_differences(upgraded_identity(old_identity(kStepRun)), identity_of(options));
  ASSERT_EQ(all.size(), 2U) << io::side_by_side(all);
  EXPECT_EQ(all[0].key, "ema_decay");
  EXPECT_EQ(all[1].key, "schedule.step_epochs");
}

TEST(Identity, OfTodayStaysAsItIs) {
  const std::string now = identity_of(same_options());
  EXPECT_EQ(upgraded_identity(now), now);
}

// The exact text that 0.2.0 begins a run with; a checkpoint of it is resumed only while this stays.
TEST(Identity, HasTheseBytes) {
  TrainOptions options = same_options();
  options.schedule = residual::Schedule::kMultistep;
  options.milestones = {2, 5};
  options.freeze = {"stem"};
  const std::string text = identity_of(options);
  EXPECT_THAT(text, testing::HasSubstr(R"("augment":{"crop_padding":4,"flip":true},"batch_size":16,"clip_grad_norm":0.0,)"));
  EXPECT_THAT(text,
              testing::HasSubstr(R"("ema_decay":0.0,"epochs":1,"freeze":["stem"],"head_learning_rate_scale":1.0,"init":0,)"));
  EXPECT_THAT(text,
              testing::HasSubstr(R"("label_smoothing":0.0,"optimizer":{"decay_norm_and_bias":true,"momentum":0.9,"name":"sgd",)"
                                 R"("nesterov":false,"weight_decay":0.0001},)"));
  EXPECT_THAT(text, testing::HasSubstr(R"("pretrained":"","schedule":{"gamma":0.1,"learning_rate":0.1,"milestones":[2,5],)"
                                       R"("name":"multistep","warmup_steps":0},"seed":0,"version":2})"));
}

TEST(Identity, GetsTheDefaultsOfHyperparametersThatItLacks) {
  const std::string now = identity_of(same_options());
  nlohmann::json before = nlohmann::json::parse(now);
  before.erase("clip_grad_norm");
  before["optimizer"].erase("nesterov");
  before["optimizer"].erase("momentum");
  EXPECT_EQ(upgraded_identity(before.dump()), now);
}

TEST(Identity, OfANewerVersionIsComparedAsItIs) {
  nlohmann::json newer = nlohmann::json::parse(identity_of(same_options()));
  newer["optimizer"]["name"] = "lion";
  const auto all = io::identity_differences(upgraded_identity(newer.dump()), identity_of(same_options()));
  ASSERT_EQ(all.size(), 1U) << io::side_by_side(all);
  EXPECT_EQ(all[0].key, "optimizer.name");
}

TEST(Identity, ThatCannotBeUpgradedIsABadFile) {
  for (const char* text : {"{}", "[]", "not JSON", R"({"architecture":{},"optimizer":3})"}) {
    try {
      upgraded_identity(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << text;
    }
  }
}

}  // namespace
}  // namespace residual::train
