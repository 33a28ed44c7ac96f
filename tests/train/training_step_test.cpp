// The parts that append to a training step: clipping, parameter groups, moving averages.
#include "train/step/training_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "train/step/clip_gradients.h"
#include "train/step/parameter_groups.h"
#include "train/steps.h"

namespace residual::train {
namespace {

using testing::ElementsAre;

// What one step of plain SGD with learning rate 0.1 moved every parameter by, divided by -0.1: the gradients as they were
// applied.
std::map<std::string, std::vector<double>> applied_gradients(double clip_grad_norm) {
  TrainOptions options = options_for(tiny(4));
  options.momentum = 0;
  options.clip_grad_norm = clip_grad_norm;
  const State before = first_state(options), after = after_steps(options, 1);
  std::map<std::string, std::vector<double>> result;
  for (const ParameterGradient& entry : forward_backward(options).gradients) {
    const auto from = before.at(entry.parameter).as<float>(), to = after.at(entry.parameter).as<float>();
    for (size_t i = 0; i < from.size(); ++i) result[entry.parameter].push_back((double{from[i]} - double{to[i]}) / 0.1);
  }
  return result;
}

double norm_of(const std::map<std::string, std::vector<double>>& gradients) {
  double sum = 0;
  for (const auto& [name, values] : gradients) {
    for (const double value : values) sum += value * value;
  }
  return std::sqrt(sum);
}

TEST(ClipGradients, BringsTheirNormTogetherToTheLargestThatIsAllowed) {
  const auto plain = applied_gradients(0), clipped = applied_gradients(0.5);
  const double norm = norm_of(plain);
  ASSERT_GT(norm, 1) << "nothing would be clipped";
  EXPECT_NEAR(norm_of(clipped), 0.5, 1e-4);  // parameters near 1 are float32: a difference is known to 1e-7 / 0.1
  for (const auto& [name, values] : plain) {
    for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(clipped.at(name)[i], values[i] * 0.5 / norm, 3e-6) << name;
  }
}

TEST(ClipGradients, LeavesSmallerOnesAsTheyAreToTheBit) {
  EXPECT_EQ(applied_gradients(1e6), applied_gradients(0));
}

TEST(ClipGradients, ReplacesEveryGradientAndNothingElse) {
  TrainingStep step = forward_backward(options_for(tiny(4)));
  const std::vector<ParameterGradient> before = step.gradients;
  clip_gradients(step, 1);
  ASSERT_EQ(step.gradients.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(step.gradients[i].parameter, before[i].parameter);
    EXPECT_EQ(step.graph.node(step.gradients[i].gradient.node).op->name, "clip_to_norm");
  }
}

std::vector<size_t> sizes_of(const std::vector<ParameterGroup>& groups) {
  std::vector<size_t> sizes;
  for (const ParameterGroup& group : groups) sizes.push_back(group.parameters.size());
  return sizes;
}

TEST(ParameterGroups, AreTheBodyAndTheHeadWithItsLearningRate) {
  TrainOptions options = options_for(tiny(4));
  options.weight_decay = 0.01;
  options.head_learning_rate_scale = 5;
  const TrainingStep step = forward_backward(options);
  const std::vector<ParameterGroup> groups = parameter_groups(step, options);
  EXPECT_THAT(sizes_of(groups), ElementsAre(step.gradients.size() - 2, 2));
  EXPECT_EQ(groups[0].learning_rate_scale, 1);
  EXPECT_EQ(groups[1].learning_rate_scale, 5);
  EXPECT_EQ(groups[1].parameters[0].parameter, "linear.bias");
  for (const ParameterGroup& group : groups) EXPECT_EQ(group.weight_decay, 0.01);
}

TEST(ParameterGroups, KeepWeightDecayFromNormsAndBiasesWhenAsked) {
  TrainOptions options = options_for(tiny(4));
  options.weight_decay = 0.01;
  options.decay_norm_and_bias = false;
  const TrainingStep step = forward_backward(options);
  std::set<std::string> seen;
  for (const ParameterGroup& group : parameter_groups(step, options)) {
    for (const auto& [name, gradient] : group.parameters) {
      EXPECT_TRUE(seen.insert(name).second) << name << " is in two groups";
      const bool filter = name.find("conv") != std::string::npos || name == "linear.weight";
      EXPECT_EQ(group.weight_decay, filter ? 0.01 : 0) << name;
    }
  }
  EXPECT_EQ(seen.size(), step.gradients.size());
}

TEST(MovingAverage, FollowsParametersAndStatisticsAsDecayTimesAveragePlusTheRestTimesWeight) {
  TrainOptions options = options_for(tiny(4));
  options.ema_decay = 0.75;
  const State first = first_state(options), second = after_steps(options, 1), third = after_steps(options, 2);
  const Graph network = models::inference_graph(options.architecture, 1);
  for (const auto& [name, variable] : network.variables()) {
    EXPECT_TRUE(std::ranges::equal(first.at(name + ".ema").as<float>(), first.at(name).as<float>())) << name;
    const auto zero = first.at(name).as<float>(), one = second.at(name).as<float>(), two = third.at(name).as<float>(),
               average = third.at(name + ".ema").as<float>();
    for (size_t i = 0; i < average.size(); ++i) {  // two roundings to float32
      const double expected = 0.75 * (0.75 * double{zero[i]} + 0.25 * double{one[i]}) + 0.25 * double{two[i]};
      EXPECT_NEAR(average[i], expected, 2e-7 * std::max(1.0, std::abs(expected))) << name;
    }
  }
}

TEST(MovingAverage, ChangesNoWeightAndIsWhatModelsHold) {
  TrainOptions options = options_for(tiny(4));
  options.freeze = {"layer1"};
  const State plain = after_steps(options, 2);
  options.ema_decay = 0.9;
  const State state = after_steps(options, 2);
  State model;
  copy_averaged_model(state, training_graph(options), model);
  const Graph network = models::inference_graph(options.architecture, 1);
  EXPECT_EQ(model.tensors().size(), network.variables().size());
  for (const auto& [name, variable] : network.variables()) {
    EXPECT_TRUE(same(plain, state, name)) << name;
    const bool frozen = name.starts_with("layer1.");
    EXPECT_EQ(state.contains(name + ".ema"), !frozen) << name;
    EXPECT_TRUE(std::ranges::equal(model.at(name).as<float>(), state.at(frozen ? name : name + ".ema").as<float>())) << name;
  }
  const std::byte* place = model.at("conv1.weight").data();
  copy_averaged_model(state, training_graph(options), model);
  EXPECT_EQ(model.at("conv1.weight").data(), place) << "a session reads it there";
}

}  // namespace
}  // namespace residual::train
