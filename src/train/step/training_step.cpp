#include "train/step/training_step.h"

#include "autodiff/gradients.h"
#include "ops/training/cross_entropy.h"
#include "train/transfer.h"

namespace residual::train {
namespace {

std::vector<ParameterGradient> parameter_gradients(Graph& graph, Value loss, const std::vector<std::string>& frozen) {
  std::vector<ParameterGradient> result;
  std::vector<Value> parameters;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kParameter && !models::within(name, frozen)) result.push_back({name, {}});
  }
  for (const ParameterGradient& entry : result) parameters.push_back(graph.read(entry.parameter));
  const std::vector<Value> values = gradients(graph, loss, parameters);
  for (size_t i = 0; i < result.size(); ++i) result[i].gradient = values[i];
  return result;
}

}  // namespace

TrainingStep forward_backward(const TrainOptions& options, models::ElementTypes types) {
  const models::Architecture& architecture = options.architecture;
  const Shape& input = architecture.input;
  TrainingStep step;
  Graph& graph = step.graph;
  const Value images = graph.input("images", {types.parameters, Shape{options.batch_size, input[0], input[1], input[2]}});
  const Value labels = graph.input("labels", {DType::kI64, Shape{options.batch_size}});
  step.learning_rate = graph.input("learning_rate", {DType::kF64, Shape{}}, false);
  step.step_number = graph.input("step", {DType::kI64, Shape{}}, false);
  graph.input("random_key", {DType::kI64, Shape{3}}, false);

  const std::vector<std::string> frozen = frozen_scopes(models::inference_graph(architecture, 1), options.freeze);
  models::Layers net(graph, models::Mode::kTrain, options.initialisation, types);
  net.freeze(frozen);
  step.logits = models::build(net, images, architecture).logits;
  step.loss = cross_entropy(graph, step.logits, labels, {.label_smoothing = options.label_smoothing});
  graph.output("logits", step.logits);
  graph.output("loss", step.loss);
  step.gradients = parameter_gradients(graph, step.loss, frozen);
  return step;
}

}  // namespace residual::train
