#include "passes/fold_batch_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/rng.h"
#include "graph/op.h"
#include "models/table.h"
#include "runtime/session.h"
#include "support/targets.h"

namespace residual {
namespace {

std::vector<float> logits(const Graph& graph, State& state) {
  Session session(compile(graph, support::reference_target(2)), state);
  Rng rng(1, Purpose::kTest);
  for (float& pixel : session.input<float>("images")) pixel = static_cast<float>(rng.normal());
  session.run();
  const auto result = session.output<float>("logits");
  return {result.begin(), result.end()};
}

// With statistics as after some training.
State trained_state(const Graph& graph) {
  State state = initial_state(graph, 3);
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role != Role::kStatistic) continue;
    Rng rng(std::hash<std::string>{}(name), Purpose::kTest);
    for (float& value : state.at(name).as<float>()) value = static_cast<float>(rng.uniform(0.2, 1.5));
  }
  return state;
}

TEST(FoldBatchNorm, LeavesNoNormalizeBehindAConvolutionAndTheSameLogits) {
  const Graph graph = models::inference_graph({"resnet8", {3, 12, 12}, 5, models::Shortcut::kB}, 2);
  const Graph folded = fold_batch_norm(graph);
  for (const Node& node : folded.nodes()) EXPECT_NE(node.op->name, "normalize") << node.name;
  State state = trained_state(graph);
  const std::vector<float> before = logits(graph, state), after = logits(folded, state);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-5 * std::abs(before[i]) + 1e-5);
}

TEST(FoldBatchNorm, FoldsANetworkThatComputesInBfloat16) {
  const models::Architecture architecture{"resnet8", {3, 12, 12}, 5, models::Shortcut::kB};
  const Graph graph = models::inference_graph(architecture, 2, {DType::kF32, DType::kBF16});
  const Graph folded = fold_batch_norm(graph);
  for (const Node& node : folded.nodes()) EXPECT_NE(node.op->name, "normalize") << node.name;
  State state = trained_state(graph);
  const std::vector<float> before = logits(models::inference_graph(architecture, 2), state), after = logits(folded, state);
  float largest = 0;
  for (const float logit : before) largest = std::max(largest, std::abs(logit));
  // As an unfolded bfloat16 network (tests/models/element_types_test.cpp), and each weight is rounded once more.
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 0.05F * largest);
}

TEST(FoldBatchNorm, LeavesAConvolutionAloneThatOthersReadToo) {
  Graph graph = models::inference_graph({"resnet8", {3, 12, 12}, 5, {}}, 2);
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    if (graph.node(id).op->name == "conv2d" && graph.node(id).name == "conv1") graph.output("features", {id});
  }
  size_t kept = 0;
  const Graph folded = fold_batch_norm(graph);
  for (const Node& node : folded.nodes()) kept += node.op->name == "normalize";
  EXPECT_EQ(kept, 1u);
}

}  // namespace
}  // namespace residual
