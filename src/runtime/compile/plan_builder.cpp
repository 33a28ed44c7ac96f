#include "runtime/compile/plan_builder.h"

#include <algorithm>

#include "graph/sources.h"
#include "runtime/compile/constant_kernel.h"
#include "runtime/compile/cover.h"

namespace residual {
namespace {

constexpr int kHost = 0;

}  // namespace

PlanBuilder::PlanBuilder(Plan& plan, const BackendList& backends)
    : plan_(plan), backends_(backends), frozen_(frozen_nodes(plan.graph)) {
  variables_device_ = device_of(*backends.front());
  add_sources();
}

int PlanBuilder::device_of(const Backend& backend) {
  const auto found = std::ranges::find(plan_.devices, backend.device());
  const auto index = static_cast<int>(found - plan_.devices.begin());
  if (found == plan_.devices.end()) plan_.devices.push_back(backend.device());
  return index;
}

void PlanBuilder::add_sources() {
  const std::vector<bool> live = live_nodes(graph());
  for (size_t id = 0; id < graph().nodes().size(); ++id) {
    const Node& node = graph().nodes()[id];
    const Value value{static_cast<NodeId>(id)};
    if (node.op == &input_op()) {  // kept even when unread: the caller may still set it
      plan_.inputs.emplace_back(node.attributes.as<InputAttrs>().input,
                                add_value(value, Layout::plain(), {Storage::Kind::kInput, kHost, plan_.inputs.size()}));
      plan_.input_bytes += node.outputs[0].bytes();
    }
    if (!live[id]) continue;
    if (node.op == &variable_op()) {
      add_value(value, Layout::plain(),
                {Storage::Kind::kVariable, frozen_[id] ? kHost : variables_device_,
                 variable(node.attributes.as<VariableAttrs>().variable)});
    }
    if (node.op == &constant_op()) {
      const auto& constant = node.attributes.as<ConstantAttrs>();
      PlanStep step{"constant",   node.name, "fill",
                    {value.node}, {},        {add_value(value, Layout::plain(), {Storage::Kind::kPrepared})}};
      step.run = constant_kernel(constant.value, constant.dtype, constant.shape.elements());
      add_step(std::move(step), true);
    }
  }
}

size_t PlanBuilder::variable(const std::string& name) {
  const auto found = std::ranges::find(plan_.variables, name);
  if (found != plan_.variables.end()) return static_cast<size_t>(found - plan_.variables.begin());
  plan_.variables.push_back(name);
  return plan_.variables.size() - 1;
}

int PlanBuilder::add_value(Value value, const Layout& layout, Storage storage) {
  plan_.values.push_back({value, graph().type(value), layout, storage});
  const int index = static_cast<int>(plan_.values.size() - 1);
  where_[value].push_back(index);
  return index;
}

void PlanBuilder::add_step(PlanStep step, bool frozen, std::vector<Implementation::Alias> aliases) {
  for (const int value : step.inputs) step.bytes += stored(value).bytes();
  for (const int value : step.outputs) step.bytes += stored(value).bytes();
  if (frozen) {
    plan_.prepare.push_back(std::move(step));
    return;
  }
  plan_.steps.push_back(std::move(step));
  aliases_.push_back(std::move(aliases));
}

// The step output that first holds the value on this device, or -1.
int PlanBuilder::find(Value value, int device) const {
  for (const int index : where_.at(value)) {
    if (stored(index).storage.device == device) return index;
  }
  return -1;
}

const Layout& PlanBuilder::layout_on(Value value, int device) const {
  const int index = find(value, device);
  return stored(index >= 0 ? index : where_.at(value).front()).layout;
}

std::optional<Implementation> PlanBuilder::find_reorder(const TensorType& type, const Layout& from, const Layout& to,
                                                        int device) const {
  for (const auto& backend : backends_) {
    if (backend->device() != plan_.devices[static_cast<size_t>(device)]) continue;
    if (std::optional<Implementation> found = reorder(*backend, type, from, to)) return found;
  }
  return std::nullopt;
}

bool PlanBuilder::is_prepared(int index) const {
  const Storage::Kind kind = stored(index).storage.kind;
  return kind == Storage::Kind::kPrepared || (kind == Storage::Kind::kVariable && is_frozen(stored(index).value));
}

int PlanBuilder::reordered(int from, const Layout& layout) {
  const Value value = stored(from).value;
  const int device = stored(from).storage.device;
  const bool frozen = is_prepared(from);
  const std::string& name = graph().node(value.node).name;
  const std::optional<Implementation> reorder = find_reorder(graph().type(value), stored(from).layout, layout, device);
  std::shared_ptr<const Kernel> kernel = reorder ? reorder->build() : nullptr;
  if (!kernel) {
    fail(ErrorKind::kOther, "no backend of {} reorders '{}' from {} to {}", plan_.devices[static_cast<size_t>(device)]->name(),
         name, to_string(stored(from).layout), to_string(layout));
  }
  const int to = add_value(value, layout, {frozen ? Storage::Kind::kPrepared : Storage::Kind::kArena, device});
  PlanStep step{"reorder", name, reorder->label, {}, {from}, {to}, device};
  step.scratch_bytes = reorder->scratch_bytes;
  step.run = std::move(kernel);
  add_step(std::move(step), frozen);
  return to;
}

// A transfer runs on the stream of the device that is not the host.
int PlanBuilder::transferred(int from, int device) {
  const Value value = stored(from).value;
  const bool frozen = is_prepared(from);
  const int to = add_value(value, stored(from).layout, {frozen ? Storage::Kind::kPrepared : Storage::Kind::kArena, device});
  add_step(copy_step("transfer", graph().node(value.node).name, from, to), frozen);
  return to;
}

PlanStep PlanBuilder::copy_step(std::string what, std::string name, int from, int to) const {
  const int source = stored(from).storage.device, destination = stored(to).storage.device;
  const auto device_name = [&](int device) { return plan_.devices[static_cast<size_t>(device)]->name(); };
  std::string kernel =
      source == destination ? std::string("copy") : fmt::format("{} to {}", device_name(source), device_name(destination));
  return {std::move(what), std::move(name), std::move(kernel), {}, {from}, {to}, std::max(source, destination)};
}

int PlanBuilder::at(Value value, const Layout& layout, int device) {
  for (const int index : where_.at(value)) {
    if (stored(index).storage.device == device && stored(index).layout == layout) return index;
  }
  if (const int here = find(value, device); here >= 0) return reordered(here, layout);
  const int origin = stored(where_.at(value).front()).storage.device;
  const bool through_host = origin != kHost && device != kHost;
  const int there = through_host ? at(value, Layout::plain(), kHost)
                    : layout == stored(where_.at(value).front()).layout
                        ? where_.at(value).front()
                        : at(value, Layout::plain(), origin);  // plain is the only layout that devices have in common
  const int here = transferred(there, device);
  return stored(here).layout == layout ? here : reordered(here, layout);
}

void PlanBuilder::finish(bool in_place) {
  for (const auto& [name, value] : graph().outputs()) plan_.outputs.emplace_back(name, output_on_host(value));
  add_assigns(in_place);
}

int PlanBuilder::output_on_host(Value value) {
  const int first = where_.at(value).front();
  if (stored(first).storage.kind != Storage::Kind::kVariable || is_frozen(value)) return at(value, Layout::plain(), kHost);
  const int copy = saved(first);
  return stored(copy).storage.device == kHost ? copy : transferred(copy, kHost);
}

// The old value of a Variable that the graph also sets is copied before the first step when it is an output.
int PlanBuilder::saved(int index) {
  StoredValue value = stored(index);
  if (value.storage.kind != Storage::Kind::kVariable || is_frozen(value.value)) return index;
  value.storage = {Storage::Kind::kArena, value.storage.device};
  plan_.values.push_back(value);
  const int copy = static_cast<int>(plan_.values.size() - 1);
  PlanStep step = copy_step("copy", graph().node(value.value.node).name, index, copy);
  step.bytes = 2 * value.bytes();
  plan_.steps.insert(plan_.steps.begin(), std::move(step));
  aliases_.insert(aliases_.begin(), std::vector<Implementation::Alias>{});
  return copy;
}

// A value assigned after all reads of its Variable is computed directly into it; any other is copied at the end.
void PlanBuilder::add_assigns(bool in_place) {
  for (const Node& node : graph().nodes()) {
    if (node.op != &assign_op()) continue;
    const size_t target = variable(node.attributes.as<AssignAttrs>().variable);
    const int index = saved(at(node.inputs[0], Layout::plain(), variables_device_));
    if (in_place && computed_into(index, target)) continue;
    const int copy = static_cast<int>(plan_.values.size());
    plan_.values.push_back(
        {node.inputs[0], graph().type(node.inputs[0]), Layout::plain(), {Storage::Kind::kVariable, variables_device_, target}});
    add_step(copy_step("copy", node.name, index, copy), false);
  }
}

bool PlanBuilder::computed_into(int index, size_t target) {
  StoredValue& value = stored(index);
  if (value.storage.kind != Storage::Kind::kArena) return false;
  for (const auto& [name, output] : plan_.outputs) {
    if (output == index) return false;
  }
  for (size_t s = plan_.steps.size(); s-- > 0;) {
    const PlanStep& step = plan_.steps[s];
    const auto output = std::ranges::find(step.outputs, index);
    if (output != step.outputs.end() && must_share(s, index)) return false;
    for (const int input : step.inputs) {  // a later read, or a read by this step that may not share the memory
      const Storage& storage = stored(input).storage;
      if (storage.kind != Storage::Kind::kVariable || storage.offset != target) continue;
      if (output == step.outputs.end() || !shares(s, input, index)) return false;
    }
    if (output == step.outputs.end()) continue;
    value.storage = {Storage::Kind::kVariable, value.storage.device, target};
    return true;
  }
  return false;
}

// A kernel that sums into its input's memory keeps its output there.
bool PlanBuilder::must_share(size_t step, int output) const {
  return std::ranges::any_of(aliases_[step], [&](const Implementation::Alias& alias) {
    return alias.required && plan_.steps[step].outputs[static_cast<size_t>(alias.output)] == output;
  });
}

bool PlanBuilder::shares(size_t step, int input, int output) const {
  return std::ranges::any_of(aliases_[step], [&](const Implementation::Alias& alias) {
    return plan_.steps[step].inputs[static_cast<size_t>(alias.input)] == input &&
           plan_.steps[step].outputs[static_cast<size_t>(alias.output)] == output;
  });
}

}  // namespace residual
