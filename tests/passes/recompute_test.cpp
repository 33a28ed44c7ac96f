#include "passes/recompute.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "autodiff/gradients.h"
#include "core/rng.h"
#include "graph/op.h"
#include "models/table.h"
#include "ops/training/cross_entropy.h"
#include "runtime/session.h"
#include "support/targets.h"

namespace residual {
namespace {

struct Training {
  Graph graph;
  std::vector<std::string> gradients;  // names of outputs
};

Training training(int64_t batch) {
  Training result;
  Graph& graph = result.graph;
  const Value images = graph.input("images", {DType::kF32, Shape{batch, 3, 16, 16}});
  const Value labels = graph.input("labels", {DType::kI64, Shape{batch}});
  models::Architecture architecture;
  architecture.model = "resnet8";
  architecture.input = Shape{3, 16, 16};
  architecture.classes = 5;
  models::Layers net(graph, models::Mode::kTrain, models::Initialisation::kHe);
  const Value loss = cross_entropy(graph, models::build(net, images, architecture).logits, labels, {});
  graph.output("loss", loss);
  std::vector<Value> parameters;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kParameter) result.gradients.push_back(name);
  }
  for (const std::string& name : result.gradients) parameters.push_back(graph.read(name));
  const std::vector<Value> values = gradients(graph, loss, parameters);
  for (size_t i = 0; i < values.size(); ++i) graph.output(result.gradients[i], values[i]);
  return result;
}

int64_t count(const Graph& graph, std::string_view op) {
  return std::ranges::count_if(graph.nodes(), [&](const Node& node) { return node.op->name == op; });
}

// Every output of one run on the reference backend, one after the other.
std::vector<float> run(const Graph& graph, const std::vector<std::string>& outputs) {
  State state = initial_state(graph, 3);
  Session session(compile(graph, support::reference_target()), state);
  Rng rng(1, Purpose::kTest);
  for (float& pixel : session.input<float>("images")) pixel = static_cast<float>(rng.normal());
  int64_t label = 0;
  for (int64_t& value : session.input<int64_t>("labels")) value = label++ % 5;
  session.run();
  std::vector<float> result;
  for (const std::string& name : outputs) {
    const auto values = session.output<float>(name);
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

TEST(Recompute, GivesTheSameGradientsBitForBit) {
  const Training plain = training(4);
  EXPECT_EQ(run(recompute(plain.graph), plain.gradients), run(plain.graph, plain.gradients));
}

TEST(Recompute, ComputesTheStemAndTheFirstHalfOfEveryBlockAgainAndNothingElse) {
  const Training plain = training(4);
  const Graph graph = recompute(plain.graph);
  EXPECT_EQ(count(graph, "relu"), count(plain.graph, "relu") + 4);
  EXPECT_EQ(count(graph, "normalize"), count(plain.graph, "normalize") + 4);
  EXPECT_EQ(graph.nodes().size(), plain.graph.nodes().size() + 8);
}

TEST(Recompute, LeavesNoBackwardNodeThatReadsWhatIsComputedAgain) {
  const Training plain = training(4);
  const Graph graph = recompute(plain.graph);
  for (const Node& node : graph.nodes()) {
    if (node.phase != Phase::kBackward) continue;
    for (const Value& input : node.inputs) {
      const Node& read = graph.node(input.node);
      if (read.phase == Phase::kBackward || read.op->name != "relu") continue;
      EXPECT_EQ(graph.node(read.inputs[0].node).op->name, "add") << node.name;
    }
  }
}

TEST(Recompute, TakesLessMemory) {
  const Training plain = training(32);
  const auto before = compile(plain.graph, support::cpu_target());
  const auto after = compile(recompute(plain.graph), support::cpu_target());
  EXPECT_LT(after->arena(), before->arena() * 95 / 100);
}

TEST(Recompute, LeavesAGraphWithoutBackwardNodesAlone) {
  const Graph graph = models::inference_graph({}, 2);
  EXPECT_EQ(to_text(recompute(graph)), to_text(graph));
}

}  // namespace
}  // namespace residual
