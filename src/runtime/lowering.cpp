#include "runtime/lowering.h"

#include <algorithm>
#include <map>

#include "graph/sources.h"
#include "runtime/cover.h"
#include "runtime/steps.h"
#include "runtime/tuner.h"

namespace residual {
namespace {

std::string joined(const Graph& graph, const std::vector<Value>& values, std::span<const Layout> layouts) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    const TensorType& type = graph.type(values[i]);
    text += fmt::format("{}{} {}{}", i ? ", " : "", name_of(type.dtype), to_string(type.shape),
                        i < layouts.size() ? " " + to_string(layouts[i]) : std::string());
  }
  return text;
}

// Names a subgraph for the tuner: what is computed, with which attributes, on which types and layouts.
std::string key_of(const Graph& graph, const Match& match, std::span<const Layout> layouts) {
  std::string key;
  for (const NodeId id : match.nodes) {
    key += key.empty() ? "" : " + ";
    key += graph.node(id).op->name;
    for (const auto& [field, value] : graph.node(id).attributes.fields()) key += fmt::format(" {}={}", field, value);
  }
  return fmt::format("{}: {}", key, joined(graph, match.inputs, layouts));
}

// Turns a scheduled cover into steps on placed values.
class Lowering {
 public:
  Lowering(Plan& plan, const BackendList& backends, const PlanOptions& options)
      : plan_(plan), backends_(backends), tuner_(backends, options, plan.threads), view_(plan.graph) {}

  void run() {
    add_sources();
    Schedule scheduled = schedule(view_, cover(view_, backends_));
    in_place_updates_ = scheduled.in_place;
    for (Subgraph& subgraph : scheduled.subgraphs) add_subgraph(subgraph);
    for (const auto& [name, value] : plan_.graph.outputs())
      plan_.outputs.emplace_back(name, saved(in_layout(value, Layout::plain())));
    add_assigns();
    plan_.choices = tuner_.choices();
    tuner_.finish();
  }

  StepAliases aliases() && { return std::move(aliases_); }

 private:
  static size_t index(Value value) { return static_cast<size_t>(value.node); }

  int add_value(Value value, const Layout& layout, Place place) {
    plan_.values.push_back({value, plan_.graph.type(value), layout, place});
    const int placed = static_cast<int>(plan_.values.size() - 1);
    where_[value].push_back(placed);
    return placed;
  }

  void add_sources() {
    const std::vector<bool> live = live_nodes(plan_.graph);
    frozen_ = frozen_nodes(plan_.graph);
    for (size_t id = 0; id < plan_.graph.nodes().size(); ++id) {
      const Node& node = plan_.graph.nodes()[id];
      const Value value{static_cast<NodeId>(id)};
      if (node.op == &input_op()) {  // kept even when nothing reads it: the caller may still hand it in
        plan_.inputs.emplace_back(node.attributes.as<InputAttrs>().input,
                                  add_value(value, Layout::plain(), {Place::Home::kInput, plan_.inputs.size()}));
        plan_.input_bytes += node.outputs[0].bytes();
      }
      if (!live[id]) continue;
      if (node.op == &variable_op()) {
        add_value(value, Layout::plain(), {Place::Home::kVariable, variable(node.attributes.as<VariableAttrs>().variable)});
      }
      if (node.op == &constant_op()) {
        const auto& constant = node.attributes.as<ConstantAttrs>();
        PlanStep step{"constant",   node.name, "fill",
                      {value.node}, {},        {add_value(value, Layout::plain(), {Place::Home::kPrepared})}};
        step.run = constant_kernel(constant.value, constant.dtype, constant.shape.elements());
        add_step(std::move(step), true, {});
      }
    }
  }

  size_t variable(const std::string& name) {
    const auto found = std::ranges::find(plan_.variables, name);
    if (found != plan_.variables.end()) return static_cast<size_t>(found - plan_.variables.begin());
    plan_.variables.push_back(name);
    return plan_.variables.size() - 1;
  }

  void add_step(PlanStep step, bool frozen, std::vector<Implementation::Alias> aliases) {
    for (const int value : step.inputs) step.bytes += placed_bytes(value);
    for (const int value : step.outputs) step.bytes += placed_bytes(value);
    if (frozen) {
      plan_.prepare.push_back(std::move(step));
      return;
    }
    plan_.steps.push_back(std::move(step));
    aliases_.push_back(std::move(aliases));
  }

  size_t placed_bytes(int placed) const {
    const PlacedValue& value = plan_.values[static_cast<size_t>(placed)];
    return bytes_in(value.type, value.layout);
  }

  const Layout& produced_layout(Value value) const { return plan_.values[static_cast<size_t>(where_.at(value).front())].layout; }

  std::optional<Implementation> find_reorder(const TensorType& type, const Layout& from, const Layout& to) const {
    for (const auto& backend : backends_) {
      if (std::optional<Implementation> found = backend->reorder(type, from, to)) {
        found->label = fmt::format("{} {}", backend->name(), found->label);
        return found;
      }
    }
    return std::nullopt;
  }

  // The value in the wanted layout, by a reorder step where it is not there yet.
  int in_layout(Value value, const Layout& layout) {
    for (const int placed : where_.at(value)) {
      if (plan_.values[static_cast<size_t>(placed)].layout == layout) return placed;
    }
    const int from = where_.at(value).front();
    const Place::Home home = plan_.values[static_cast<size_t>(from)].place.home;
    const bool frozen = home == Place::Home::kPrepared || (home == Place::Home::kVariable && frozen_[index(value)]);
    std::optional<Implementation> reorder = find_reorder(plan_.graph.type(value), produced_layout(value), layout);
    if (!reorder) {
      fail(ErrorKind::kOther, "no backend reorders '{}' from {} to {}", plan_.graph.node(value.node).name,
           to_string(produced_layout(value)), to_string(layout));
    }
    const int to = add_value(value, layout, {frozen ? Place::Home::kPrepared : Place::Home::kArena});
    PlanStep step{"reorder", plan_.graph.node(value.node).name, reorder->label, {}, {from}, {to}};
    step.scratch_bytes = reorder->scratch_bytes;
    step.run = std::move(reorder->kernel);
    add_step(std::move(step), frozen, {});
    return to;
  }

  struct Selected {
    const Backend* backend;
    Match match;
    std::vector<Implementation> implementations;
  };

  // The implementations of the first backend that alternatives any; of all its patterns that see the subgraph alike.
  Selected implementations_of(const Subgraph& subgraph) const {
    Selected result{};
    for (const Subgraph::Alternative& alternative : subgraph.alternatives) {
      if (result.backend != nullptr &&
          (alternative.backend != result.backend || alternative.match.inputs != result.match.inputs ||
           alternative.match.outputs != result.match.outputs)) {
        continue;
      }
      std::vector<Layout> layouts;
      for (const Value& value : alternative.match.inputs) layouts.push_back(produced_layout(value));
      std::vector<Implementation> implementations = alternative.pattern->implementations(plan_.graph, alternative.match, layouts);
      if (implementations.empty()) continue;
      if (result.backend == nullptr) result = {alternative.backend, alternative.match, {}};
      std::ranges::move(implementations, std::back_inserter(result.implementations));
    }
    if (result.backend == nullptr) {
      const Node& node = plan_.graph.node(subgraph.match().nodes.back());
      fail(ErrorKind::kUsage, "every backend declined {} '{}' on {}", node.op->name, node.name,
           joined(plan_.graph, subgraph.match().inputs, {}));
    }
    return result;
  }

  size_t choose(const Match& match, std::vector<Implementation>& implementations) {
    std::vector<Layout> layouts;
    for (const Value& value : match.inputs) layouts.push_back(produced_layout(value));
    const std::string key = key_of(plan_.graph, match, layouts);
    std::vector<TensorType> inputs, outputs;
    for (const Value& value : match.inputs) inputs.push_back(plan_.graph.type(value));
    for (const Value& value : match.outputs) outputs.push_back(plan_.graph.type(value));
    std::vector<double> reorders;
    if (implementations.size() > 1 && tuner_.unknown(key)) {
      for (const Implementation& implementation : implementations)
        reorders.push_back(reorder_seconds(match, implementation, layouts));
    }
    return tuner_.choose(key, implementations, inputs, outputs, reorders);
  }

  // What it costs to bring the inputs into the implementation's layouts in every run.
  double reorder_seconds(const Match& match, const Implementation& implementation, const std::vector<Layout>& layouts) {
    double seconds = 0;
    for (size_t i = 0; i < layouts.size(); ++i) {
      if (implementation.inputs[i] == layouts[i] || frozen_[index(match.inputs[i])]) continue;
      const TensorType type = plan_.graph.type(match.inputs[i]);
      if (auto reorder = find_reorder(type, layouts[i], implementation.inputs[i]))
        seconds += seconds_of(*reorder, {&type, 1}, {&type, 1});
    }
    return seconds;
  }

  void add_subgraph(Subgraph& subgraph) {
    Selected selected = implementations_of(subgraph);
    const Match& match = selected.match;
    Implementation& chosen = selected.implementations[choose(match, selected.implementations)];
    PlanStep step{match.what, plan_.graph.node(match.nodes.back()).name,
                  fmt::format("{} {}", selected.backend->name(), chosen.label), match.nodes};
    for (size_t i = 0; i < match.inputs.size(); ++i) {
      step.inputs.push_back(in_layout(match.inputs[i], chosen.inputs[i]));
    }
    for (size_t i = 0; i < match.outputs.size(); ++i) {
      step.outputs.push_back(
          add_value(match.outputs[i], chosen.outputs[i], {subgraph.frozen ? Place::Home::kPrepared : Place::Home::kArena}));
    }
    for (const NodeId id : match.nodes) {
      const Node& node = plan_.graph.node(id);
      if (node.op->macs != nullptr) step.flops += 2 * node.op->macs(plan_.graph, node);
    }
    step.scratch_bytes = chosen.scratch_bytes;
    step.run = std::move(chosen.kernel);
    add_step(std::move(step), subgraph.frozen, std::move(chosen.in_place));
  }

  // The old value of a Variable that the graph also sets is copied before the first step when it is wanted at the end.
  int saved(int placed) {
    PlacedValue value = plan_.values[static_cast<size_t>(placed)];
    if (value.place.home != Place::Home::kVariable || frozen_[index(value.value)]) return placed;
    value.place = {Place::Home::kArena};
    plan_.values.push_back(value);
    const int copy = static_cast<int>(plan_.values.size() - 1);
    PlanStep step{"copy", plan_.graph.node(value.value.node).name, "copy", {}, {placed}, {copy}};
    step.bytes = 2 * placed_bytes(placed);
    step.run = copy_kernel(placed_bytes(placed));
    plan_.steps.insert(plan_.steps.begin(), std::move(step));
    aliases_.insert(aliases_.begin(), std::vector<Implementation::Alias>{});
    return copy;
  }

  // An assigned value that is computed after all reads of its Variable is computed right into it; any other is copied at the end.
  void add_assigns() {
    for (const Node& node : plan_.graph.nodes()) {
      if (node.op != &assign_op()) continue;
      const size_t target = variable(node.attributes.as<AssignAttrs>().variable);
      const int placed = saved(in_layout(node.inputs[0], Layout::plain()));
      if (in_place_updates_ && computed_into(placed, target)) continue;
      const int copy = static_cast<int>(plan_.values.size());
      plan_.values.push_back(
          {node.inputs[0], plan_.graph.type(node.inputs[0]), Layout::plain(), {Place::Home::kVariable, target}});
      PlanStep step{"copy", node.name, "copy", {}, {placed}, {copy}};
      step.run = copy_kernel(placed_bytes(placed));
      add_step(std::move(step), false, {});
    }
  }

  bool computed_into(int placed, size_t target) {
    PlacedValue& value = plan_.values[static_cast<size_t>(placed)];
    if (value.place.home != Place::Home::kArena) return false;
    for (const auto& [name, output] : plan_.outputs) {
      if (output == placed) return false;
    }
    for (size_t s = plan_.steps.size(); s-- > 0;) {
      const PlanStep& step = plan_.steps[s];
      const auto output = std::ranges::find(step.outputs, placed);
      if (output != step.outputs.end() && must_share(s, placed)) return false;
      for (const int input : step.inputs) {  // a later read, or a read of this very step that may not share the memory
        const Place& place = plan_.values[static_cast<size_t>(input)].place;
        if (place.home != Place::Home::kVariable || place.offset != target) continue;
        if (output == step.outputs.end() || !shares(s, input, placed)) return false;
      }
      if (output == step.outputs.end()) continue;
      value.place = {Place::Home::kVariable, target};
      return true;
    }
    return false;
  }

  // A kernel that sums into its input's memory keeps its output there.
  bool must_share(size_t step, int output) const {
    return std::ranges::any_of(aliases_[step], [&](const Implementation::Alias& alias) {
      return alias.required && plan_.steps[step].outputs[static_cast<size_t>(alias.output)] == output;
    });
  }

  bool shares(size_t step, int input, int output) const {
    return std::ranges::any_of(aliases_[step], [&](const Implementation::Alias& alias) {
      return plan_.steps[step].inputs[static_cast<size_t>(alias.input)] == input &&
             plan_.steps[step].outputs[static_cast<size_t>(alias.output)] == output;
    });
  }

  Plan& plan_;
  const BackendList& backends_;
  Tuner tuner_;
  GraphView view_;
  std::vector<bool> frozen_;
  bool in_place_updates_ = true;
  std::map<Value, std::vector<int>> where_;  // the first is how it was produced
  StepAliases aliases_;                      // by step of `run`
};

}  // namespace

StepAliases lower(Plan& plan, const BackendList& backends, const PlanOptions& options) {
  Lowering lowering(plan, backends, options);
  lowering.run();
  return std::move(lowering).aliases();
}

}  // namespace residual
