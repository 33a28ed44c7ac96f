#include "train/transfer.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "models/table.h"
#include "train/steps.h"

namespace residual::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

eval::Model trained(const models::Architecture& architecture, uint64_t seed) {
  const std::vector<float> zero(3, 0.0F), one(3, 1.0F);
  return {architecture,
          data::Preprocessing::standard(architecture.input, zero, one),
          {},
          initial_state(models::inference_graph(architecture, 1), seed),
          {}};
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "nothing was refused";
}

TEST(StartFrom, TakesEveryWeightOfTheSameNetwork) {
  const eval::Model model = trained(tiny(4), 3);
  const Start start = start_from(model, tiny(4), {});
  EXPECT_TRUE(start.drawn.empty());
  for (const auto& [name, tensor] : model.state.tensors()) EXPECT_TRUE(same(start.weights, model.state, name)) << name;
}

TEST(StartFrom, KeepsEachClassItsRowWhereTheDataHaveThemInAnotherOrder) {
  eval::Model model = trained(tiny(4), 3);
  model.labels = {"a", "b", "c", "d"};
  const Start start = start_from(model, tiny(4), {"c", "a", "b", "d"});
  const std::span<const float> before = model.state.at("linear.weight").as<float>();
  const std::span<const float> after = start.weights.at("linear.weight").as<float>();
  const size_t row = before.size() / 4;
  const size_t from[] = {2, 0, 1, 3};
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::ranges::equal(after.subspan(i * row, row), before.subspan(from[i] * row, row)));
  EXPECT_EQ(start.weights.at("linear.bias").as<float>()[0], model.state.at("linear.bias").as<float>()[2]);
  EXPECT_TRUE(same(start.weights, model.state, "layer3.0.conv2.weight"));
  EXPECT_TRUE(same(start_from(model, tiny(4), {"p", "q", "r", "s"}).weights, model.state, "linear.weight")) << "no name agrees";
}

TEST(StartFrom, DrawsTheHeadWhereOnlySomeOfTheClassesAreTheSame) {
  eval::Model model = trained(tiny(4), 3);
  model.labels = {"a", "b", "c", "d"};
  const Start start = start_from(model, tiny(4), {"b", "c", "d", "other"});
  EXPECT_THAT(start.drawn, ElementsAre("linear.bias", "linear.weight"));
  EXPECT_FALSE(start.weights.tensors().contains("linear.weight"));
  EXPECT_TRUE(same(start.weights, model.state, "layer3.0.conv2.weight"));
}

TEST(StartFrom, LeavesOutTheHeadWhenTheNumberOfClassesDiffers) {
  const Start start = start_from(trained(tiny(4), 3), tiny(7), {});
  EXPECT_THAT(start.drawn, ElementsAre("linear.bias", "linear.weight"));
  EXPECT_FALSE(start.weights.tensors().contains("linear.weight"));
  EXPECT_TRUE(start.weights.tensors().contains("layer3.0.conv2.weight"));
}

TEST(StartFrom, RefusesAnotherNetworkWithATableOfWhatDiffers) {
  const std::string message = refusal([] { start_from(trained(tiny(4), 3), tiny(4, "resnet14"), {}); });
  EXPECT_THAT(message, HasSubstr("resnet8"));
  EXPECT_THAT(message, HasSubstr("layer1.1.conv1.weight"));
  EXPECT_THAT(message, HasSubstr("16x16x3x3"));
}

TEST(Frozen, ScopesKeepTheirParametersAndStatisticsAndTheOthersLearn) {
  TrainOptions options = options_for(tiny(4));
  options.freeze = {"stem", "layer1"};
  const Graph graph = training_graph(options);
  const State before = initial_state(graph, 5), after = after_steps(options, 1);
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kOptimizer) {
      EXPECT_FALSE(name.starts_with("layer1") || name.starts_with("conv1")) << name << " needs no momentum";
      continue;
    }
    const bool frozen = name.starts_with("conv1.") || name.starts_with("bn1.") || name.starts_with("layer1.");
    EXPECT_EQ(same(before, after, name), frozen) << name;
  }
}

TEST(Frozen, ScopesThatDoNotExistAreRefusedWithThoseThatDo) {
  const Graph network = models::inference_graph(tiny(4), 1);
  const std::string message = refusal([&] { frozen_scopes(network, std::vector<std::string>{"layer10"}); });
  EXPECT_THAT(message, HasSubstr("'layer10'"));
  EXPECT_THAT(message, HasSubstr("has stem, conv1, bn1, layer1, layer2, layer3, linear"));
  EXPECT_THAT(refusal([&] { frozen_scopes(network, std::vector<std::string>{"stem", "layer1", "layer2", "layer3", "linear"}); }),
              HasSubstr("nothing is left"));
}

TEST(HeadRate, ScalesTheStepOfTheHeadAlone) {
  TrainOptions options = options_for(tiny(4));
  const State before = initial_state(training_graph(options), 5), once = after_steps(options, 1);
  options.head_learning_rate_scale = 10;
  const State scaled = after_steps(options, 1);
  EXPECT_TRUE(same(once, scaled, "layer3.0.conv2.weight"));
  const auto start = before.at("linear.weight").as<float>(), one = once.at("linear.weight").as<float>(),
             ten = scaled.at("linear.weight").as<float>();
  for (size_t i = 0; i < start.size(); ++i) {  // float32 weights near 0.3: a step is known to about 3e-8
    EXPECT_NEAR(ten[i] - start[i], 10 * (one[i] - start[i]), 1e-6);
  }
}

}  // namespace
}  // namespace residual::train
