// The text form of graphs and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autodiff/gradients.h"
#include "graph/parse.h"
#include "graph/sources.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/reduce.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/table.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"

namespace residual {
namespace {

Graph training_step() {
  Graph graph;
  const Value x = graph.input("x", {DType::kF32, Shape{2, 3, 8, 8}});
  const Value labels = graph.input("labels", {DType::kI64, Shape{2}});
  const Value rate = graph.input("rate", {DType::kF64, Shape{}}, false);
  const Value weight = [&] {
    const auto scope = graph.scope("conv1");
    return graph.variable("weight", {DType::kF32, Shape{4, 3, 3, 3}}, Role::kParameter, Initializer::normal(0.1));
  }();
  const Value gamma = graph.variable("bn.weight", {DType::kF32, Shape{4}}, Role::kParameter, Initializer::constant(1));
  const Value beta = graph.variable("bn.bias", {DType::kF32, Shape{4}}, Role::kParameter, Initializer::constant(0));
  const Value running = graph.variable("bn.running_mean", {DType::kF32, Shape{4}}, Role::kStatistic, Initializer::constant(0));
  const Value momentum = graph.variable("m", {DType::kF32, Shape{4, 3, 3, 3}}, Role::kOptimizer, Initializer::constant(0));
  const Value convolved = conv2d(graph, x, weight, std::nullopt, {.stride = {2, 1}, .padding = {1, 1}});
  const Moments statistics = moments(graph, convolved);
  const Value normal = relu(graph, normalize(graph, convolved, statistics.mean, statistics.variance, gamma, beta, 1e-5));
  const MaxPooled pooled = max_pool(graph, normal, {});
  const std::vector<Value> parts{pooled.y, pooled.y};
  const Value features = flatten(graph, concat(graph, parts));
  const Value head = graph.variable("fc.weight", {DType::kF32, Shape{10, graph.shape(features)[1]}}, Role::kParameter,
                                    Initializer::uniform(0.1234567890123));
  const Value logits = linear(graph, features, head, std::nullopt);
  const Value loss = cross_entropy(graph, logits, labels, {.label_smoothing = 0.1});
  const std::vector<Value> wrt{weight};
  const Value gradient = gradients(graph, loss, wrt).front();
  const auto phase = graph.phase(Phase::kUpdate);
  const SgdUpdate update =
      sgd(graph, weight, gradient, momentum, rate, {.momentum = 0.9, .weight_decay = 1e-4, .nesterov = true});
  graph.assign("conv1.weight", update.parameter);
  graph.assign("m", update.momentum);
  graph.assign("bn.running_mean", running_average(graph, running, statistics.mean, 0.1));
  graph.output("logits", logits);
  graph.output("place", pooled.place);
  return graph;
}

Graph parse(std::string_view text) {
  return parse_graph(text, find_op);
}

std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
    return error.what();
  }
  return "it was read";
}

TEST(ParseGraph, ReadsBackAWholeTrainingStep) {
  const Graph graph = training_step();
  const std::string text = to_text(graph);
  const Graph again = parse(text);
  EXPECT_EQ(to_text(again), text);
  EXPECT_EQ(again.variables(), graph.variables());
  ASSERT_EQ(again.nodes().size(), graph.nodes().size());
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    EXPECT_EQ(again.nodes()[i].op, graph.nodes()[i].op);
    EXPECT_EQ(again.nodes()[i].inputs, graph.nodes()[i].inputs);
    EXPECT_EQ(again.nodes()[i].attributes, graph.nodes()[i].attributes);
    EXPECT_EQ(again.nodes()[i].name, graph.nodes()[i].name);
  }
  EXPECT_EQ(again.outputs(), graph.outputs());
}

TEST(ParseGraph, AGraphThatWasReadBackStillFindsItsVariables) {
  Graph again = parse(to_text(training_step()));
  const size_t nodes = again.nodes().size();
  again.read("conv1.weight");
  EXPECT_EQ(again.nodes().size(), nodes) << "the node that reads the Variable is there already";
}

TEST(ParseGraph, NamesMayHoldQuotesBackslashesAndLineEnds) {
  Graph graph;
  const std::string name = "a \"b\" \\c\nd = %1 : ";
  graph.output(name, relu(graph, graph.input(name, {DType::kF64, Shape{1}}, false)));
  EXPECT_EQ(to_text(parse(to_text(graph))), to_text(graph));
  EXPECT_EQ(parse(to_text(graph)).outputs().front().first, name);
}

TEST(ParseGraph, OnlyNodesOutsideTheForwardPhaseSayTheirPhase) {
  const Graph graph = training_step();
  const std::string text = to_text(graph);
  EXPECT_THAT(text, testing::HasSubstr(" phase=backward name="));
  EXPECT_THAT(text, testing::HasSubstr(" phase=update name="));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("phase=forward")));
  const Graph again = parse(text);
  for (size_t id = 0; id < graph.nodes().size(); ++id) EXPECT_EQ(again.nodes()[id].phase, graph.nodes()[id].phase) << id;
  EXPECT_EQ(to_text(rebatch(graph, 2)), text) << "copies keep the phase";
}

TEST(ParseGraph, EveryElementTypeAndListsOfAxesAreReadBack) {
  Graph graph;
  for (const DType type : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kU8, DType::kI8})
    graph.input(fmt::format("x{}", name_of(type)), {type, Shape{2, 3}});
  reduce_sum(graph, {0}, {.axes = {0, 1}, .keep_dims = true});
  EXPECT_THAT(to_text(graph), testing::HasSubstr("axes=[0,1] keep_dims=true"));
  EXPECT_EQ(to_text(parse(to_text(graph))), to_text(graph));
}

TEST(ParseGraph, DoublesKeepTheirBits) {
  Graph graph;
  for (const double value : {0.1, 1.0 / 3, 1e300, -5e-324, 12345678901234567.0, 0.0})
    constant(graph, value, {DType::kF64, Shape{}});
  const Graph again = parse(to_text(graph));
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    EXPECT_EQ(again.nodes()[i].attributes.as<ConstantAttrs>().value, graph.nodes()[i].attributes.as<ConstantAttrs>().value);
  }
}

TEST(ParseGraph, RefusalsNameTheLineAndWhatIsWrong) {
  const std::string head = "graph 1\n%0 = input() input=\"x\" dtype=f32 shape=2x3 batched=true name=\"x\" : f32[2x3]\n";
  EXPECT_EQ(refusal(head + "%1 = relu(%0) name=\"\" : f32[2x3]\n"), "it was read");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"%1 = rely(%0) name=\"\" : f32[2x3]\n", "line 3: there is no op 'rely'"},
      {"%1 = relu(%0) name=\"\" : f32[2x4]\n", "line 3: output 0 is written as f32[2x4], its op makes it f32[2x3]"},
      {"%1 = relu(%0, %0) name=\"\" : f32[2x3]\n", "line 3: relu '': takes 1 inputs, 2 were given"},
      {"%1 = relu(%1) name=\"\" : f32[2x3]\n", "line 3: input %1.0 is not there yet"},
      {"%1 = relu(%0.1) name=\"\" : f32[2x3]\n", "line 3: input %0.1 is not there yet"},
      {"%2 = relu(%0) name=\"\" : f32[2x3]\n", "line 3: found node %2, %1 is expected"},
      {"%1 = relu(%0) slope=1 name=\"\" : f32[2x3]\n", "line 3: 1 attributes are given, 0 are known"},
      {"%1 = relu(%0) name=\" : f32[2x3]\n", "line 3: a quoted text has no end"},
      {"%1 = relu(%0) name=\"\" : f32[2x3] \n", "line 3: the line goes on where it should end"},
      {"%1 = relu(%0) name=\"\" : f32[2x3]", "line 3: the line has no end; is the text cut?"},
      {"%1 = relu(%0) phase=sideways name=\"\" : f32[2x3]\n", "line 3: phase 'sideways' is neither backward nor update"},
      {"%1 = reduce_sum(%0) axes=[0,] keep_dims=true name=\"\" : f32[1x3]\n", "line 3: the list '[0,]' ends with a comma"},
      {"%1 = reduce_sum(%0) axes=0 keep_dims=true name=\"\" : f32[1x3]\n", "line 3: '0' is not a list such as [0,1]"},
      {"%1 = slice_channels(%0) begin=0 begin=0 name=\"\" : f32[2x3]\n", "line 3: attribute 'begin' is given twice"},
      {"%1 = slice_channels(%0) begin=0 name=\"\" : f32[2x3]\n", "line 3: attribute 'end' is missing"},
      {"%1 = slice_channels(%0) begin=9223372036854775807 end=1 name=\"\" : f32[2x3]\n",
       "line 3: 9223372036854775807 is out of range, numbers are within +-1073741824"},
      {"%1 = variable() variable=\"w\" dtype=f32 shape=3 name=\"w\" : f32[3]\n", "line 3: no variable is called 'w'"},
      {"%1 = input() input=\"x\" dtype=f32 shape=2x3 batched=true name=\"x\" : f32[2x3]\n", "two inputs are called 'x'"},
      {"%1 = constant() value=0 dtype=f32 shape=0 name=\"\" : f32[0]\n", "line 3: shape 0 has a dimension below 1"},
      {"output \"y\" %1\n", "line 3: output 'y' is a value that is not there"},
      {"output \"y\" %0\noutput \"y\" %0\n", "line 4: the graph already has an output 'y'"},
      {"output \"y\" %0\n%1 = relu(%0) name=\"\" : f32[2x3]\n", "line 4: nodes come before outputs"},
      {"variable \"w\" f32[3] parameter constant(0)\n", "line 3: Variables come before nodes"},
      {"\n", "line 3: expected 'output ' before ''"},
  };
  for (const auto& [text, message] : cases) EXPECT_THAT(refusal(head + text), testing::HasSubstr(message)) << text;
  EXPECT_THAT(refusal(""), testing::HasSubstr("it is empty"));
  EXPECT_THAT(refusal("graph 2\n"), testing::HasSubstr("line 1: expected 'graph 1'"));
  EXPECT_THAT(refusal("graph 1\nvariable \"w\" f32[3] parameter normal(nan)\n"), testing::HasSubstr("infinity or NaN"));
  EXPECT_THAT(refusal("graph 1\nvariable \"w\" f32[1073741824x1073741824] parameter normal(1)\n"),
              testing::HasSubstr("too large"));
}

TEST(ParseGraph, HostileNamesDoNotReachTheTerminal) {
  const std::string line = "variable \"" + std::string(5000, 'w') + "\" f32[1] parameter constant(0)\n";
  EXPECT_LT(refusal("graph 1\n" + line + line).size(), 500U);
  EXPECT_THAT(refusal("graph 1\n%0 = \x1b[2J() name=\"\" : f32[1]\n"), testing::HasSubstr("there is no op '?[2J'"));
}

TEST(ParseGraph, ATextCutAnywhereIsRefusedOrShorter) {
  const std::string text = to_text(training_step());
  for (size_t length = 0; length < text.size(); ++length) {
    try {
      EXPECT_EQ(to_text(parse(text.substr(0, length))), text.substr(0, length));
      EXPECT_EQ(text[length - 1], '\n') << "a cut inside a line was not noticed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
    }
  }
}

}  // namespace
}  // namespace residual
