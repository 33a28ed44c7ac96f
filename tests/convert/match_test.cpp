#include "convert/recognition/match.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/architecture.h"
#include "models/description/description.h"
#include "models/table.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/shape/flatten.h"

namespace residual::convert {
namespace {

models::Architecture deep(int blocks) {
  models::Architecture architecture;
  architecture.input = Shape{3, 2, 2};
  architecture.description = models::description_from_json(
      fmt::format(
          R"({{"name": "deep", "stages": [{{"blocks": {}, "width": 1}}], "stem": {{"convolutions": [{{"channels": 1}}]}}}})",
          blocks),
      "here");
  return architecture;
}

// A walk that calls itself would need a stack of megabytes here.
TEST(Match, NetworksOfThousandsOfLayers) {
  const Graph graph = models::inference_graph(deep(5000), 1);
  const auto origins = match(graph, graph);
  ASSERT_TRUE(origins);
  EXPECT_EQ(origins->size(), graph.variables().size());
  for (const auto& [name, origin] : *origins) ASSERT_EQ(origin.tensor, name);
}

// Sums whose two sides can be swapped at every step must not be tried in every way.
TEST(Match, AnotherGraphOfThousandsOfSumsIsDifferentAtOnce) {
  const Graph network = models::inference_graph(deep(2000), 1);
  const auto last = std::ranges::find(network.nodes().rbegin(), network.nodes().rend(), &relu_op(), &Node::op);
  Graph file;
  Value x = file.input("images", last->outputs[0]), before = x;
  for (int i = 0; i < 4000; ++i) before = std::exchange(x, relu(file, add(file, x, before)));
  const auto parameter = [&](const char* name, const Shape& shape) {
    return file.variable(name, {DType::kF32, shape}, Role::kParameter, Initializer::constant(0));
  };
  const Value features = flatten(file, global_avg_pool(file, x));
  file.output("logits", linear(file, features, parameter("weight", Shape{10, 1}), parameter("bias", Shape{10})));
  EXPECT_FALSE(match(network, file));
}

}  // namespace
}  // namespace residual::convert
