#include "train/training_graph.h"

#include <algorithm>

#include "autodiff/gradients.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"
#include "passes/recompute.h"
#include "train/transfer.h"

namespace residual::train {
namespace {

class UpdateAppender {
 public:
  UpdateAppender(Graph& graph, const OptimizerOptions& options, Value learning_rate, Value step)
      : graph_(graph), options_(options), learning_rate_(learning_rate), step_(step) {}

  void append(const std::string& parameter, Value gradient) {
    const auto scope = graph_.scope(parameter);
    const Value value = graph_.read(parameter);
    if (options_.kind == Optimizer::kSgd) return append_sgd(parameter, value, gradient);
    append_adam(parameter, value, gradient);
  }

 private:
  // Optimizer state starts at zero: SGD's first momentum is then the gradient itself, as in PyTorch.
  Value slot(std::string_view name, Value parameter) {
    return graph_.variable(name, graph_.type(parameter), Role::kOptimizer, Initializer::constant(0));
  }

  void append_sgd(const std::string& parameter, Value value, Value gradient) {
    const Value momentum = slot("momentum", value);
    const SgdUpdate next =
        sgd(graph_, value, gradient, momentum, learning_rate_,
            {.momentum = options_.momentum, .weight_decay = options_.weight_decay, .nesterov = options_.nesterov});
    graph_.assign(parameter, next.parameter);
    graph_.assign(graph_.scoped("momentum"), next.momentum);
  }

  void append_adam(const std::string& parameter, Value value, Value gradient) {
    const Value mean = slot("mean", value), square = slot("square", value);
    const AdamUpdate next = adam(graph_, value, gradient, mean, square, learning_rate_, step_,
                                 {.beta1 = options_.beta1,
                                  .beta2 = options_.beta2,
                                  .eps = options_.eps,
                                  .weight_decay = options_.weight_decay,
                                  .decoupled = options_.kind == Optimizer::kAdamW});
    graph_.assign(parameter, next.parameter);
    graph_.assign(graph_.scoped("mean"), next.mean);
    graph_.assign(graph_.scoped("square"), next.square);
  }

  Graph& graph_;
  const OptimizerOptions& options_;
  Value learning_rate_, step_;
};

}  // namespace

void append_updates(Graph& graph, const OptimizerOptions& options, std::span<const std::string> parameters,
                    std::span<const Value> gradients, Value learning_rate, Value step) {
  const auto phase = graph.phase(Phase::kUpdate);
  UpdateAppender appender(graph, options, learning_rate, step);
  for (size_t i = 0; i < parameters.size(); ++i) appender.append(parameters[i], gradients[i]);
}

Graph training_graph(const TrainOptions& options, DType dtype) {
  const models::Architecture& architecture = options.architecture;
  const Shape& input = architecture.input;
  Graph graph;
  const Value images = graph.input("images", {dtype, Shape{options.batch_size, input[0], input[1], input[2]}});
  const Value labels = graph.input("labels", {DType::kI64, Shape{options.batch_size}});
  const Value learning_rate = graph.input("learning_rate", {DType::kF64, Shape{}}, false);
  const Value head_learning_rate = graph.input("head_learning_rate", {DType::kF64, Shape{}}, false);
  const Value step = graph.input("step", {DType::kI64, Shape{}}, false);
  graph.input("random_key", {DType::kI64, Shape{3}}, false);

  const Graph network = models::inference_graph(architecture, 1);
  const std::vector<std::string> frozen = frozen_scopes(network, options.freeze), head{head_scope(network)};
  models::Layers net(graph, models::Mode::kTrain, options.initialisation, dtype);
  net.freeze(frozen);
  const Value logits = models::build(net, images, architecture).logits;
  const Value loss = cross_entropy(graph, logits, labels, {.label_smoothing = options.label_smoothing});
  graph.output("logits", logits);
  graph.output("loss", loss);

  std::vector<std::string> parameters;  // the head's last
  std::vector<Value> values;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role == Role::kParameter && !models::within(name, frozen)) parameters.push_back(name);
  }
  const auto heads = std::ranges::stable_partition(parameters, [&](const auto& name) { return !models::within(name, head); });
  for (const std::string& name : parameters) values.push_back(graph.read(name));
  const std::vector<Value> parameter_gradients = gradients(graph, loss, values);
  const size_t others = parameters.size() - heads.size();
  const std::span<const std::string> names(parameters);
  const std::span<const Value> gradient_span(parameter_gradients);
  append_updates(graph, options.optimizer, names.first(others), gradient_span.first(others), learning_rate, step);
  append_updates(graph, options.optimizer, names.subspan(others), gradient_span.subspan(others), head_learning_rate, step);
  return recompute(graph);
}

std::shared_ptr<const Plan> training_plan(const TrainOptions& options, const Choices& choices) {
  return compile(training_graph(options), options.target, choices);
}

}  // namespace residual::train
