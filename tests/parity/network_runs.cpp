#include "parity/network_runs.h"

#include <algorithm>

#include "autodiff/gradients.h"
#include "graph/sources.h"
#include "models/families.h"
#include "models/networks/resnet.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/dropout.h"
#include "ops/pooling/pool.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/training/cross_entropy.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/oracle.h"
#include "support/targets.h"
#include "train/optimizers/optimizers.h"

namespace residual::parity {
namespace {

using models::Layers;
using models::Shortcut;

// A ResNet of the CIFAR family with custom widths and numbers of blocks.
Value cifar_resnet(Layers& net, Value x, int64_t blocks, int64_t width, Shortcut shortcut) {
  models::Description network = *models::residual_description("resnet20");
  network.stem.convolutions[0].channels = width;
  network.stages = {{blocks, width, 1}, {blocks, 2 * width, 2}, {blocks, 4 * width, 2}};
  network.shortcut.kind = shortcut;
  return models::residual_network(net, x, network, 10).logits;
}

// A convolution with bias that Layers does not support: dilated, or with a kernel that is not square.
Value convolution(Layers& net, std::string_view name, Value x, const Shape& weight, const Conv2dAttrs& attributes) {
  const auto scope = net.scope(name);
  Graph& graph = net.graph();
  const DType dtype = graph.type(x).dtype;
  const Value kernel = graph.variable("weight", {dtype, weight}, Role::kParameter, Initializer::normal(0.1));
  const Value bias = graph.variable("bias", {dtype, Shape{weight[0]}}, Role::kParameter, Initializer::constant(0));
  return conv2d(graph, x, kernel, bias, attributes);
}

Value small(Layers& net, Value x) {
  Graph& graph = net.graph();
  x = sigmoid(graph, net.convolution("conv1", x, {.channels = 8, .bias = true}));
  x = max_pool(graph, x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}).y;
  const Value dilated = convolution(net, "conv2", x, Shape{8, 4, 3, 3}, {.padding = {2, 2}, .dilation = {2, 2}, .groups = 2});
  const Value flat = relu(graph, convolution(net, "conv3", x, Shape{4, 8, 1, 3}, {.padding = {0, 1}}));
  const std::vector<Value> parts{dilated, flat};
  x = relu(graph, net.batch_norm("bn", concat(graph, parts)));
  x = avg_pool(graph, x, {{.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1}}, false});
  x = dropout(graph, flatten(graph, x), graph.input("random_key", {DType::kI64, Shape{3}}, false), {.rate = 0});
  return net.linear("fc2", sigmoid(graph, net.linear("fc1", x, 16)), 5);
}

models::Description named(std::string_view name) {
  return *models::residual_description(name);
}

Hyperparameters optimizer_named(std::string_view name) {
  if (name == "sgd") return {.weight_decay = 1e-3};
  if (name == "nesterov") return {.nesterov = true, .weight_decay = 1e-3};
  if (name == "tutorial_nesterov") return {.nesterov = true, .weight_decay = 0};
  if (name == "tutorial_adam") return {.optimizer = Optimizer::kAdam, .weight_decay = 0};
  if (name == "adam") return {.optimizer = Optimizer::kAdam, .weight_decay = 1e-3};
  return {.optimizer = Optimizer::kAdamW, .weight_decay = 1e-2};
}

double rate_of(std::string_view optimizer) {
  if (optimizer == "tutorial_nesterov") return 0.1;
  return optimizer.find("adam") != std::string_view::npos ? 1e-3 : 0.02;
}

TensorType image_type(const Reference& reference, DType dtype) {
  const Shape& all = reference.tensors.at("images").shape();  // 2,N,C,H,W
  return {dtype, Shape{all[1], all[2], all[3], all[4]}};
}

train::TrainingStep training_of(const Network& network, const Reference& reference, DType dtype) {
  train::TrainingStep training;
  Graph& graph = training.graph;
  const TensorType images = image_type(reference, dtype);
  Layers net(graph, models::Mode::kTrain, models::Initialisation::kTorch, dtype);
  const Value logits = network.forward(net, graph.input("images", images));
  const Value labels = graph.input("labels", {DType::kI64, Shape{images.shape[0]}});
  training.loss = cross_entropy(graph, logits, labels, {.label_smoothing = network.label_smoothing});
  graph.output("logits", logits);
  graph.output("loss", training.loss);
  std::vector<Value> values;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kParameter) training.gradients.push_back({name, {}});
  }
  for (const auto& [name, gradient] : training.gradients) values.push_back(graph.read(name));
  values = gradients(graph, training.loss, values);
  for (size_t i = 0; i < values.size(); ++i) training.gradients[i].gradient = values[i];
  return training;
}

// Batch `which` of the reference's two, in the form of the session's inputs.
void feed(Session& session, const Reference& reference, DType dtype, int64_t which) {
  const Tensor& images = reference.tensors.at("images");
  const int64_t count = images.elements() / 2;
  const std::span<const float> batch = images.as<float>().subspan(static_cast<size_t>(which * count), static_cast<size_t>(count));
  if (dtype == DType::kF64)
    std::ranges::copy(batch, session.input<double>("images").begin());
  else
    std::ranges::copy(batch, session.input<float>("images").begin());
}

// The random key of a step, for networks with dropout.
void feed_key(Session& session, const Graph& graph, int64_t step) {
  const auto is_key = [](const Node& node) {
    return node.op == &input_op() && node.attributes.as<InputAttrs>().input == "random_key";
  };
  if (std::ranges::any_of(graph.nodes(), is_key)) session.input<int64_t>("random_key")[1] = step;
}

void feed_labels(Session& session, const Reference& reference, int64_t which) {
  const Tensor& labels = reference.tensors.at("labels");
  const size_t count = static_cast<size_t>(labels.elements() / 2);
  std::ranges::copy(labels.as<int64_t>().subspan(static_cast<size_t>(which) * count, count),
                    session.input<int64_t>("labels").begin());
}

Tensor output_of(const Session& session, const Graph& graph, std::string_view name) {
  const TensorType& type = graph.type(graph.find_output(name).value());
  if (type.dtype == DType::kF64) return Tensor::of<double>(type.shape, session.output<double>(name));
  return Tensor::of<float>(type.shape, session.output<float>(name));
}

}  // namespace

const Network& network_named(std::string_view name) {
  static const std::vector<Network> networks = {
      {"tiny_resnet_a", [](Layers& net, Value x) { return cifar_resnet(net, x, 1, 4, Shortcut::kA); }},
      {"tiny_resnet_b", [](Layers& net, Value x) { return cifar_resnet(net, x, 1, 4, Shortcut::kB); }},
      {"small", small, 0.1},
      {"resnet20_a", [](Layers& net, Value x) { return cifar_resnet(net, x, 3, 16, Shortcut::kA); }},
      {"keras_mnist", [](Layers& net, Value x) { return models::residual_network(net, x, named("keras-mnist"), 10).logits; }},
      {"resnet50_linear_stem",
       [](Layers& net, Value x) { return models::residual_network(net, x, named("resnet50-linear-stem"), 10).logits; }},
      {"resnet20_b", [](Layers& net, Value x) { return cifar_resnet(net, x, 3, 16, Shortcut::kB); }},
  };
  for (const Network& network : networks) {
    if (network.name == name) return network;
  }
  fail(ErrorKind::kUsage, "there is no network '{}'", name);
}

std::vector<Configuration> all_configurations() {
  return {{"reference_f64", support::reference_target(), DType::kF64},
          {"reference_f32", support::reference_target(), DType::kF32},
          {"cpu_f32", support::cpu_target(), DType::kF32}};
}

State state_from(const Reference& reference, const std::string& prefix, DType dtype) {
  State state;
  for (const auto& [name, tensor] : reference.tensors) {
    if (!name.starts_with(prefix)) continue;
    Tensor copy(dtype, tensor.shape());
    for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i)
      support::set_element(copy, i, support::element(tensor, i));
    state.set(name.substr(prefix.size()), std::move(copy));
  }
  return state;
}

FirstStep first_step(const Network& network, const Configuration& configuration, const Reference& reference) {
  train::TrainingStep training = training_of(network, reference, configuration.dtype);
  for (const auto& [name, gradient] : training.gradients) training.graph.output("grad." + name, gradient);
  const Graph graph = training.graph;
  State state = state_from(reference, "init.", configuration.dtype);
  Session session(compile(std::move(training.graph), configuration.target), state);
  feed(session, reference, configuration.dtype, 0);
  feed_labels(session, reference, 0);
  feed_key(session, graph, 0);
  session.run();
  FirstStep result{output_of(session, graph, "logits"), support::element(output_of(session, graph, "loss"), 0), {}};
  for (const auto& [name, gradient] : training.gradients)
    result.gradients.emplace(name, output_of(session, graph, "grad." + name));
  return result;
}

TenSteps ten_steps(const Network& network, const Configuration& configuration, const Reference& reference,
                   std::string_view optimizer) {
  train::TrainingStep training = training_of(network, reference, configuration.dtype);
  Graph& graph = training.graph;
  training.learning_rate = graph.input("learning_rate", {DType::kF64, Shape{}}, false);
  training.step_number = graph.input("step", {DType::kI64, Shape{}}, false);
  const Hyperparameters values = optimizer_named(optimizer);
  const std::vector<train::ParameterGroup> groups{{training.gradients, 1, *values.weight_decay}};
  train::append_updates(training, values, groups);
  const bool counted = values.optimizer != Optimizer::kSgd;  // SGD does not read the step number

  TenSteps result;
  result.state = state_from(reference, "init.", configuration.dtype);
  initialise(result.state, graph, 0);  // the optimizer's state
  const Graph kept = graph;
  Session session(compile(std::move(graph), configuration.target), result.state);
  session.input<double>("learning_rate")[0] = rate_of(optimizer);
  for (int64_t t = 0; t < 10; ++t) {
    feed(session, reference, configuration.dtype, t % 2);
    feed_labels(session, reference, t % 2);
    feed_key(session, kept, t);
    if (counted) session.input<int64_t>("step")[0] = t + 1;
    session.run();
    result.losses.push_back(support::element(output_of(session, kept, "loss"), 0));
  }
  return result;
}

Tensor logits_of(const Graph& graph, State state, const Tensor& images) {
  const Graph folded = fold_batch_norm(graph);
  Session session(compile(folded, support::cpu_target()), state);
  const Shape rows = folded.shape(folded.find_output("logits").value());  // for one batch
  const size_t batch = static_cast<size_t>(rows[0]), classes = static_cast<size_t>(rows[1]),
               count = static_cast<size_t>(images.shape()[0]), pixels = static_cast<size_t>(images.elements()) / count;
  Tensor logits(DType::kF32, Shape{images.shape()[0], rows[1]});
  for (size_t at = 0; at < count; at += batch) {
    const size_t now = std::min(batch, count - at);
    std::ranges::copy(images.as<float>().subspan(at * pixels, now * pixels), session.input<float>("images").begin());
    session.run();
    std::ranges::copy(session.output<float>("logits").first(now * classes), logits.as<float>().subspan(at * classes).begin());
  }
  return logits;
}

Tensor evaluate(const Network& network, const Configuration& configuration, const Reference& reference, State state) {
  Graph graph;
  Layers net(graph, models::Mode::kEval, models::Initialisation::kTorch, configuration.dtype);
  graph.output("logits", network.forward(net, graph.input("images", image_type(reference, configuration.dtype))));
  const Graph folded = fold_batch_norm(graph);
  Session session(compile(folded, configuration.target), state);
  feed(session, reference, configuration.dtype, 0);
  session.run();
  return output_of(session, folded, "logits");
}

}  // namespace residual::parity
