#include "autodiff/gradients.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "graph/op.h"
#include "graph/sources.h"
#include "ops/elementwise/add.h"

namespace residual {
namespace {

// Which nodes are computed from some w: only they need gradients.
std::vector<bool> depends_on(const Graph& graph, std::span<const Value> with_respect_to) {
  std::vector<bool> depends(graph.nodes().size());
  for (const Value& w : with_respect_to) depends[static_cast<size_t>(w.node)] = true;
  for (size_t id = 0; id < depends.size(); ++id) {
    for (const Value& input : graph.nodes()[id].inputs) {
      if (depends[static_cast<size_t>(input.node)]) depends[id] = true;
    }
  }
  return depends;
}

class ReverseWalk {
 public:
  ReverseWalk(Graph& graph, std::span<const Value> with_respect_to)
      : graph_(graph), depends_(depends_on(graph, with_respect_to)) {}

  void run(std::span<const Value> outputs, std::span<const Value> seeds) {
    NodeId last = -1;
    for (size_t i = 0; i < outputs.size(); ++i) {
      contribute(outputs[i], seeds[i]);
      last = std::max(last, outputs[i].node);
    }
    for (NodeId id = last; id >= 0; --id) visit(id);
  }

  std::optional<Value> reached(Value value) const {
    const auto found = gradient_of_.find(value);
    return found == gradient_of_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void visit(NodeId id) {
    const OpDef* op = graph_.node(id).op;
    std::vector<std::optional<Value>> outputs;
    bool any = false;
    for (int32_t i = 0; i < static_cast<int32_t>(graph_.node(id).outputs.size()); ++i) {
      outputs.push_back(reached({id, i}));
      any |= outputs.back().has_value();
    }
    const std::vector<Value> inputs = graph_.node(id).inputs;
    const auto wanted = std::make_unique<bool[]>(inputs.size());
    bool any_wanted = false;
    for (size_t i = 0; i < inputs.size(); ++i) any_wanted |= wanted[i] = depends_[static_cast<size_t>(inputs[i].node)];
    if (!any || !any_wanted) return;
    if (op->gradient == nullptr) fail(ErrorKind::kUsage, "{} '{}' has no gradient rule", op->name, graph_.node(id).name);
    const auto scope = graph_.scope(graph_.node(id).name);  // gradient nodes carry the name of the layer they belong to
    const Gradients contributions = op->gradient({graph_, id, outputs, {wanted.get(), inputs.size()}});
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (wanted[i] && contributions[i]) contribute(inputs[i], *contributions[i]);
    }
  }

  void contribute(Value value, Value gradient) {
    const auto [found, first] = gradient_of_.emplace(value, gradient);
    if (!first) found->second = add(graph_, found->second, gradient);
  }

  Graph& graph_;
  std::vector<bool> depends_;
  std::map<Value, Value> gradient_of_;
};

void check_seeds(const Graph& graph, std::span<const Value> outputs, std::span<const Value> seeds) {
  const auto text = [](const TensorType& type) { return fmt::format("{}[{}]", name_of(type.dtype), to_string(type.shape)); };
  if (outputs.size() != seeds.size())
    fail(ErrorKind::kUsage, "gradients: {} seeds are given for {} outputs", seeds.size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorType &expected = graph.type(outputs[i]), &found = graph.type(seeds[i]);
    if (found != expected) {
      const Node& output = graph.node(outputs[i].node);
      fail(ErrorKind::kUsage, "the seed of output {}, {} '{}', is {}, {} is expected", i, output.op->name, output.name,
           text(found), text(expected));
    }
  }
}

// `what` stands for the outputs in the message.
std::vector<Value> gradients_of(Graph& graph, std::span<const Value> outputs, std::span<const Value> seeds,
                                std::span<const Value> with_respect_to, std::string_view what) {
  ReverseWalk walk(graph, with_respect_to);
  walk.run(outputs, seeds);
  std::vector<Value> result;
  for (const Value& w : with_respect_to) {
    const std::optional<Value> gradient = walk.reached(w);
    if (!gradient) fail(ErrorKind::kUsage, "{} not depend on '{}'", what, graph.node(w.node).name);
    result.push_back(*gradient);
  }
  return result;
}

}  // namespace

std::vector<Value> gradients(Graph& graph, std::span<const Value> outputs, std::span<const Value> seeds,
                             std::span<const Value> with_respect_to) {
  check_seeds(graph, outputs, seeds);
  const auto phase = graph.phase(Phase::kBackward);
  return gradients_of(graph, outputs, seeds, with_respect_to, "the outputs do");
}

std::vector<Value> gradients(Graph& graph, Value loss, std::span<const Value> with_respect_to) {
  if (graph.shape(loss).rank() != 0)
    fail(ErrorKind::kUsage, "gradients are taken of a scalar, the loss has shape {}", to_string(graph.shape(loss)));
  const auto phase = graph.phase(Phase::kBackward);
  const Value seed = constant(graph, 1.0, graph.type(loss));
  return gradients_of(graph, {&loss, 1}, {&seed, 1}, with_respect_to, "the loss does");
}

}  // namespace residual
