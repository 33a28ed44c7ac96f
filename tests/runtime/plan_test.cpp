#include "runtime/plan.h"

#include <gtest/gtest.h>

#include "models/table.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/training/update.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

Graph update_graph() {
  Graph graph;
  const TensorType type{DType::kF32, Shape{4}};
  const Value gradient = graph.input("gradient", type, false);
  const Value learning_rate = graph.input("learning_rate", {DType::kF64, Shape{}}, false);
  const Value weight = graph.variable("w", type, Role::kParameter, Initializer::constant(1));
  const Value momentum = graph.variable("m", type, Role::kOptimizer, Initializer::constant(0));
  const SgdUpdate next = sgd(graph, weight, gradient, momentum, learning_rate, {.momentum = 0.5});
  graph.assign("w", next.parameter);
  graph.assign("m", next.momentum);
  return graph;
}

TEST(Plan, UpdatesAreWrittenIntoTheirVariablesWithoutCopies) {
  const auto plan = compile(update_graph(), support::reference_target());
  ASSERT_EQ(plan->steps.size(), 1u) << plan->to_text();
  State state = initial_state(plan->graph, 0);
  Session session(plan, state);
  std::ranges::fill(session.input<float>("gradient"), 2.f);
  session.input<double>("learning_rate")[0] = 0.25;
  session.run();
  EXPECT_FLOAT_EQ(state.at("w").as<float>()[3], 0.5f);  // 1 - 0.25 * 2
  session.run();
  EXPECT_FLOAT_EQ(state.at("w").as<float>()[3], -0.25f);  // 0.5 - 0.25 * (0.5 * 2 + 2)
}

TEST(Plan, AReaderOfTheOldValueReadsItEvenWhenTheUpdateComesFirstInTheGraph) {
  Graph graph = update_graph();
  const Value old = graph.read("w");
  graph.output("twice", add(graph, old, old));
  const auto plan = compile(graph, support::reference_target());
  State state = initial_state(plan->graph, 0);
  Session session(plan, state);
  std::ranges::fill(session.input<float>("gradient"), 2.f);
  session.input<double>("learning_rate")[0] = 0.25;
  session.run();
  EXPECT_FLOAT_EQ(session.output<float>("twice")[0], 2.f);
  EXPECT_FLOAT_EQ(state.at("w").as<float>()[0], 0.5f);
}

TEST(Plan, AVariableCanBeAssignedTheOldValueOfAnUpdatedOne) {
  Graph graph = update_graph();
  graph.variable("old", {DType::kF32, Shape{4}}, Role::kStatistic, Initializer::constant(0));
  graph.assign("old", graph.read("w"));
  graph.output("before", graph.read("w"));
  const auto plan = compile(graph, support::reference_target());
  State state = initial_state(plan->graph, 0);
  Session session(plan, state);
  std::ranges::fill(session.input<float>("gradient"), 2.f);
  session.input<double>("learning_rate")[0] = 0.25;
  session.run();
  EXPECT_FLOAT_EQ(state.at("w").as<float>()[0], 0.5f);
  EXPECT_FLOAT_EQ(state.at("old").as<float>()[0], 1.f);
  EXPECT_FLOAT_EQ(session.output<float>("before")[0], 1.f);
}

TEST(Plan, TwoVariablesCanBeSwapped) {
  Graph graph;
  const TensorType type{DType::kF32, Shape{3}};
  const Value a = graph.variable("a", type, Role::kParameter, Initializer::constant(1));
  const Value b = graph.variable("b", type, Role::kParameter, Initializer::constant(2));
  graph.assign("a", relu(graph, b));
  graph.assign("b", relu(graph, a));
  const auto plan = compile(graph, support::reference_target());
  State state = initial_state(plan->graph, 0);
  Session session(plan, state);
  session.run();
  EXPECT_FLOAT_EQ(state.at("a").as<float>()[0], 2.f);
  EXPECT_FLOAT_EQ(state.at("b").as<float>()[0], 1.f);
}

TEST(Plan, IsRefusedWithItsSizeWhenItExceedsTheMemoryLimit) {
  Target target = support::cpu_target();
  target.memory_limit = 1 << 20;
  try {
    compile(models::inference_graph({}, 64), target);
    FAIL() << "the plan was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
    EXPECT_NE(std::string_view(error.what()).find("MiB"), std::string_view::npos);
  }
}

TEST(Plan, InferenceFoldsBatchNormAndFusesEveryBlockIntoItsConvolutions) {
  const auto plan = compile(fold_batch_norm(models::inference_graph({}, 8)), support::cpu_target());
  size_t convolutions = 0, elementwise = 0;
  for (const PlanStep& step : plan->steps) {
    convolutions += step.what.starts_with("conv2d");
    elementwise += step.what == "relu" || step.what == "add" || step.what == "normalize";
  }
  EXPECT_EQ(convolutions, 19u) << plan->to_text();
  EXPECT_EQ(elementwise, 0u) << plan->to_text();
}

TEST(Plan, TrainingRunsOnlyFusedElementwiseOpsAndNeedsNoLargeReorders) {
  train::TrainOptions options;
  options.batch_size = 8;
  options.target = support::cpu_target();
  const auto plan = train::training_plan(options);
  for (const PlanStep& step : plan->steps) {
    EXPECT_NE(step.what, "relu") << step.name;
    EXPECT_NE(step.what, "add") << step.name;
    if (step.what != "reorder") continue;
    EXPECT_LT(step.bytes, size_t{1} << 20) << step.name;  // weights and their gradients only
  }
}

TEST(Plan, RepeatsTheChoicesItIsGiven) {
  const auto first = compile(models::inference_graph({}, 4), support::cpu_target());
  const auto second = compile(models::inference_graph({}, 4), support::cpu_target(), first->choices);
  EXPECT_EQ(first->choices, second->choices);
  EXPECT_EQ(first->to_text(), second->to_text());
}

}  // namespace
}  // namespace residual
