#include "autodiff/gradients.h"

#include <map>
#include <memory>
#include <optional>

#include "graph/op.h"
#include "graph/sources.h"
#include "ops/elementwise/add.h"

namespace residual {
namespace {

// Which nodes lie between some w and the loss: only they need gradients.
std::vector<bool> depends_on(const Graph& graph, std::span<const Value> wrt) {
  std::vector<bool> depends(graph.nodes().size());
  for (const Value& w : wrt) depends[static_cast<size_t>(w.node)] = true;
  for (size_t id = 0; id < depends.size(); ++id) {
    for (const Value& input : graph.nodes()[id].inputs) {
      if (depends[static_cast<size_t>(input.node)]) depends[id] = true;
    }
  }
  return depends;
}

class ReverseWalk {
 public:
  ReverseWalk(Graph& graph, std::span<const Value> wrt) : graph_(graph), depends_(depends_on(graph, wrt)) {}

  void run(Value loss) {
    gradient_of_[loss] = constant(graph_, 1.0, graph_.type(loss));
    for (NodeId id = loss.node; id >= 0; --id) visit(id);
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
      if (!wanted[i] || !contributions[i]) continue;
      const auto [found, first] = gradient_of_.emplace(inputs[i], *contributions[i]);
      if (!first) found->second = add(graph_, found->second, *contributions[i]);
    }
  }

  Graph& graph_;
  std::vector<bool> depends_;
  std::map<Value, Value> gradient_of_;
};

}  // namespace

std::vector<Value> gradients(Graph& graph, Value loss, std::span<const Value> wrt) {
  if (graph.shape(loss).rank() != 0)
    fail(ErrorKind::kUsage, "gradients are taken of a scalar, the loss has shape {}", to_string(graph.shape(loss)));
  const auto phase = graph.phase(Phase::kBackward);
  ReverseWalk walk(graph, wrt);
  walk.run(loss);
  std::vector<Value> result;
  for (const Value& w : wrt) {
    const std::optional<Value> gradient = walk.reached(w);
    if (!gradient) fail(ErrorKind::kUsage, "the loss does not depend on '{}'", graph.node(w.node).name);
    result.push_back(*gradient);
  }
  return result;
}

}  // namespace residual
