// Rival covers of the same nodes are compared by measured time, including reorders of their inputs.
#include <gtest/gtest.h>

#include <thread>

#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "runtime/plan.h"
#include "support/targets.h"

namespace residual {
namespace {

using std::chrono::milliseconds;

// Computes nothing and takes a given time.
std::unique_ptr<const Kernel> slow_kernel(milliseconds time) {
  return make_kernel([time](const KernelArgs&) { std::this_thread::sleep_for(time); });
}

// Matches a chain of ops that ends at a node, all in one kernel.
class ChainPattern final : public Pattern {
 public:
  ChainPattern(std::string name, std::vector<std::string> ops, milliseconds time, Layout layout = {})
      : name_(std::move(name)), ops_(std::move(ops)), time_(time), layout_(std::move(layout)) {}
  std::string_view name() const override { return name_; }
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    std::vector<NodeId> nodes;
    for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
      if (view.graph().node(last).op->name != *op) return {};
      nodes.push_back(last);
      if (op + 1 != ops_.rend()) last = view.graph().node(last).inputs[0].node;
    }
    return {make_match(view, name_, std::move(nodes))};
  }
  std::vector<Implementation> implementations(const Graph&, const Match& match, std::span<const Layout>) const override {
    Implementation made{.label = name_,
                        .inputs = std::vector<Layout>(match.inputs.size(), layout_),
                        .outputs = std::vector<Layout>(match.outputs.size())};
    made.build = [time = time_] { return slow_kernel(time); };
    return {made};
  }

 private:
  std::string name_;
  std::vector<std::string> ops_;
  milliseconds time_;
  Layout layout_;
};

class SlowPacker final : public Packer {
 public:
  std::optional<Implementation> pack(const TensorType&, const Layout& from, const Layout& to) const override {
    Implementation made{.label = "slow", .inputs = {from}, .outputs = {to}};
    made.build = [] { return slow_kernel(milliseconds(8)); };
    return made;
  }
};

class Rivals final : public Backend {
 public:
  explicit Rivals(std::vector<std::unique_ptr<Pattern>> patterns) : patterns_(std::move(patterns)) {
    packers_.push_back(std::make_unique<SlowPacker>());
  }
  std::string_view name() const override { return "rivals"; }
  std::string description() const override { return "patterns that compete"; }
  std::string identity() const override { return "rivals 1"; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return packers_; }

 private:
  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::vector<std::unique_ptr<Packer>> packers_;
};

// The steps of relu(a + b) when one pattern covers both ops and others one each. `size` separates the tests in the tuner.
std::vector<std::string> planned(milliseconds fused, milliseconds add_alone, milliseconds relu_alone, int64_t size, bool tune,
                                 Layout fused_layout = {}) {
  std::vector<std::unique_ptr<Pattern>> patterns;
  patterns.push_back(
      std::make_unique<ChainPattern>("fused", std::vector<std::string>{"add", "relu"}, fused, std::move(fused_layout)));
  patterns.push_back(std::make_unique<ChainPattern>("add alone", std::vector<std::string>{"add"}, add_alone));
  patterns.push_back(std::make_unique<ChainPattern>("relu alone", std::vector<std::string>{"relu"}, relu_alone));
  Target target = support::untuned({std::make_shared<Rivals>(std::move(patterns)), make_reference_backend()}, 1);
  target.tune = tune;
  Graph graph;
  const TensorType type{DType::kF32, Shape{1, 8, size, size}};
  const Value a = graph.input("a", type), b = graph.input("b", type);
  graph.output("y", relu(graph, add(graph, a, b)));
  const auto plan = compile(graph, target);
  std::vector<std::string> steps;
  for (const PlanStep& step : plan->steps) steps.push_back(step.what);
  return steps;
}

const std::vector<std::string> kFused{"fused"}, kParts{"add alone", "relu alone"};

TEST(RivalCovers, TheFusedKernelIsChosenWhenItIsFaster) {
  EXPECT_EQ(planned(milliseconds(1), milliseconds(2), milliseconds(2), 2, true), kFused);
}

TEST(RivalCovers, SeparateKernelsAreChosenWhenTheyAreFasterTogether) {
  EXPECT_EQ(planned(milliseconds(8), milliseconds(2), milliseconds(2), 3, true), kParts);
}

TEST(RivalCovers, ReordersOfTheInputsAreIncluded) {
  EXPECT_EQ(planned(milliseconds(1), milliseconds(2), milliseconds(2), 4, true, Layout::blocked(8)), kParts);
}

TEST(RivalCovers, WithoutTimingTheOneThatSavesMemoryTrafficIsChosen) {
  EXPECT_EQ(planned(milliseconds(8), milliseconds(1), milliseconds(1), 5, false), kFused);
}

}  // namespace
}  // namespace residual
