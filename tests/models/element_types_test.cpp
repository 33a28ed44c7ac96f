// Networks that compute in bfloat16 or float16, with parameters of float32 or of the same type.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "autodiff/gradients.h"
#include "core/rng.h"
#include "models/table.h"
#include "ops/layers/batch_norm.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"
#include "runtime/state.h"
#include "support/oracle.h"

namespace residual::models {
namespace {

using support::Oracle;
using support::Tensors;

const Shape kImages{4, 3, 16, 16};

Architecture small() {
  Architecture architecture;
  architecture.model = "resnet8";
  architecture.input = Shape{3, 16, 16};
  architecture.classes = 5;
  return architecture;
}

Tensors tensors_for(const Graph& graph) {
  Tensors tensors;
  const State state = initial_state(graph, 5);
  for (const auto& [name, tensor] : state.tensors()) tensors.emplace(name, tensor.clone());
  Tensor images(DType::kF32, kImages), labels(DType::kI64, Shape{kImages[0]}), learning_rate(DType::kF64, Shape{});
  Rng rng(32, Purpose::kTest);
  for (float& pixel : images.as<float>()) pixel = static_cast<float>(rng.normal());
  for (size_t i = 0; i < 4; ++i) labels.as<int64_t>()[i] = static_cast<int64_t>(i);
  learning_rate.as<double>()[0] = 0.1;
  tensors.emplace("images", std::move(images));
  tensors.emplace("labels", std::move(labels));
  tensors.emplace("learning_rate", std::move(learning_rate));
  return tensors;
}

// The largest difference over the largest value.
double difference(const Tensor& found, const Tensor& expected) {
  double largest = 0, worst = 0;
  for (size_t i = 0; i < static_cast<size_t>(expected.elements()); ++i) {
    largest = std::max(largest, std::abs(support::element(expected, i)));
    worst = std::max(worst, std::abs(support::element(found, i) - support::element(expected, i)));
  }
  return worst / largest;
}

const std::vector<std::pair<ElementTypes, double>>& narrow() {
  // Relative rounding errors of 2^-8 (bfloat16) and 2^-11 (float16) in each of some 30 values one after the other, in random
  // directions: sqrt(30) times as much, and a factor of 2 for the largest of 20 logits.
  static const std::vector<std::pair<ElementTypes, double>> types{{{DType::kF32, DType::kBF16}, 0.043},
                                                                  {{DType::kBF16, DType::kBF16}, 0.043},
                                                                  {{DType::kF32, DType::kF16}, 0.0054},
                                                                  {{DType::kF16, DType::kF16}, 0.0054}};
  return types;
}

TEST(ElementTypes, ANarrowNetworkGivesTheLogitsOfTheFloat32OneWithinItsRounding) {
  const Graph reference = inference_graph(small(), kImages[0]);
  const Oracle expected(reference, tensors_for(reference));
  for (const auto& [types, allowed] : narrow()) {
    const Graph graph = inference_graph(small(), kImages[0], types);
    const Oracle found(graph, tensors_for(graph));
    EXPECT_EQ(found.output("logits").dtype(), DType::kF32);
    EXPECT_LT(difference(found.output("logits"), expected.output("logits")), allowed) << name_of(types.compute);
    EXPECT_GT(difference(found.output("logits"), expected.output("logits")), allowed / 100)
        << "it did not compute in narrow types";
  }
}

TEST(ElementTypes, FeaturesAreInTheComputeTypeAndParametersInTheirOwn) {
  const std::vector<std::string> features{"C2"};
  const Graph graph = inference_graph(small(), 2, {DType::kF16, DType::kBF16}, Initialisation::kHe, features);
  EXPECT_EQ(graph.type(*graph.find_output("C2")).dtype, DType::kBF16);
  EXPECT_EQ(graph.variables().at("conv1.weight").type.dtype, DType::kF16);
  EXPECT_EQ(graph.variables().at("bn1.weight").type.dtype, DType::kF32);
  EXPECT_EQ(graph.variables().at("bn1.running_var").type.dtype, DType::kF32);
}

TEST(ElementTypes, AFloat32NetworkHasNoCasts) {
  for (const DType type : {DType::kF32, DType::kF64}) {
    const Graph graph = inference_graph(small(), 2, type);
    for (const Node& node : graph.nodes()) EXPECT_NE(node.op->name, "cast");
  }
}

struct Step {
  Graph graph;
  Value loss;
  std::map<std::string, Value> updated;
};

// One step of SGD on float32 parameters.
Step training_step(ElementTypes types) {
  Step step;
  Graph& graph = step.graph;
  const Value images = graph.input("images", {DType::kF32, kImages}), labels = graph.input("labels", {DType::kI64, Shape{4}});
  const Value learning_rate = graph.input("learning_rate", {DType::kF64, Shape{}}, false);
  Layers net(graph, Mode::kTrain, Initialisation::kHe, types);
  step.loss = cross_entropy(graph, build(net, images, small()).logits, labels);
  graph.output("loss", step.loss);
  std::vector<std::string> names;
  std::vector<Value> parameters;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kParameter) names.push_back(name);
  }
  for (const std::string& name : names) parameters.push_back(graph.read(name));
  const std::vector<Value> found = gradients(graph, step.loss, parameters);
  for (size_t i = 0; i < names.size(); ++i) {
    const Value zero = constant(graph, 0, graph.type(parameters[i]));
    step.updated[names[i]] = sgd(graph, parameters[i], found[i], zero, learning_rate, {}).parameter;
  }
  return step;
}

TEST(ElementTypes, MixedTrainingHasFloat32StatisticsLossAndUpdates) {
  const Step step = training_step({DType::kF32, DType::kBF16});
  int64_t moments = 0, convolutions = 0;
  for (const Node& node : step.graph.nodes()) {
    moments += node.op == &moments_op();
    convolutions += node.op->name == "conv2d" && node.outputs[0].dtype == DType::kBF16;
    const bool full = node.op == &moments_op() || node.op == &running_average_op() || node.op == &cross_entropy_op();
    for (const TensorType& output : node.outputs) EXPECT_TRUE(!full || output.dtype == DType::kF32) << node.name;
  }
  EXPECT_EQ(moments, convolutions) << "every convolution of this network has a batch norm";
  EXPECT_GT(convolutions, 5);
  for (const auto& [name, value] : step.updated) EXPECT_EQ(step.graph.type(value).dtype, DType::kF32) << name;
}

TEST(ElementTypes, AMixedStepGivesTheLossOfTheFloat32OneWithinItsRounding) {
  const Step exact = training_step({}), mixed = training_step({DType::kF32, DType::kBF16});
  const Oracle expected(exact.graph, tensors_for(exact.graph)), found(mixed.graph, tensors_for(mixed.graph));
  EXPECT_LT(difference(found.at(mixed.loss), expected.at(exact.loss)), 0.02);
  for (const auto& [name, value] : mixed.updated) EXPECT_TRUE(std::isfinite(support::element(found.at(value), 0))) << name;
}

}  // namespace
}  // namespace residual::models
