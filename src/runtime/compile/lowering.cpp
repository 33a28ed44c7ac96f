#include "runtime/compile/lowering.h"

#include <algorithm>
#include <limits>
#include <map>

#include "runtime/compile/cover.h"
#include "runtime/compile/plan_builder.h"
#include "runtime/compile/topological_order.h"
#include "runtime/tuning/tuner.h"

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

std::string ops_text(const Graph& graph, const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId id : nodes) {
    text += text.empty() ? "" : " + ";
    text += graph.node(id).op->name;
    for (const auto& [field, value] : graph.node(id).attributes.fields()) text += fmt::format(" {}={}", field, value);
  }
  return text;
}

// The key of a match for the tuner: ops, attributes, types and layouts.
std::string key_of(const Graph& graph, const Match& match, std::span<const Layout> layouts) {
  return fmt::format("{}: {}", ops_text(graph, match.nodes), joined(graph, match.inputs, layouts));
}

// Which of the match's inputs each input of its nodes is; -1 for values inside.
std::string wiring_of(const Graph& graph, const Match& match) {
  std::string text;
  for (const NodeId id : match.nodes) {
    for (const Value& value : graph.node(id).inputs) {
      const size_t index = match.input_index(value);
      text += fmt::format(" {}", index < match.inputs.size() ? static_cast<int>(index) : -1);
    }
  }
  return text;
}

// Turns a cover in topological order into steps on stored values.
class Lowering {
 public:
  Lowering(Plan& plan, const Target& target, const KernelChoices& choices)
      : builder_(plan, target.backends), target_(target), tuner_(target, choices, plan.threads), view_(plan.graph) {}

  StepAliases run() {
    const RegionOrder order = topological_order(view_, cover(view_, target_.backends));
    try {
      for (size_t i = 0; i < order.regions.size(); ++i) lower(order.regions[i], i, order.regions.size());
    } catch (...) {
      tuner_.finish();  // what has been timed is not timed again
      throw;
    }
    builder_.finish(order.in_place);
    builder_.plan().choices = tuner_.choices();
    tuner_.finish();
    return std::move(builder_).aliases();
  }

 private:
  // Layouts of values that a cover under comparison would produce.
  using Produced = std::map<Value, Layout>;

  // One backend's implementations of a match, with the match's inputs in their current layouts.
  struct Offered {
    const Backend* backend = nullptr;
    int device = 0;
    Match match;
    std::vector<Layout> layouts;
    std::vector<Implementation> implementations;
    std::string key;
    std::vector<TensorType> inputs, outputs;
  };

  void lower(const Region& region, size_t done, size_t all) {
    check(target_.observer.stop);
    tuner_.progress(done, all);
    for (const CoveredMatch& covered : region.covers[chosen_cover(region)]) add(covered, region.frozen);
  }

  Layout layout_of(Value value, int device, const Produced& produced) const {
    const auto found = produced.find(value);
    return found != produced.end() ? found->second : builder_.layout_on(value, device);
  }

  // The implementations of the first backend that has any; of all its patterns that read and write the same values.
  Offered offered(const CoveredMatch& covered, const Produced& produced) {
    Offered result;
    for (const CoveredMatch::Found& found : covered.found) {
      if (result.backend != nullptr && (found.backend != result.backend || found.match.inputs != result.match.inputs ||
                                        found.match.outputs != result.match.outputs)) {
        continue;
      }
      const int device = builder_.device_of(*found.backend);
      std::vector<Layout> layouts;
      for (const Value& value : found.match.inputs) layouts.push_back(layout_of(value, device, produced));
      std::vector<Implementation> more = found.pattern->implementations(builder_.graph(), found.match, layouts);
      if (more.empty()) continue;
      if (result.backend == nullptr) result = {found.backend, device, found.match, std::move(layouts), {}, {}, {}, {}};
      std::ranges::move(more, std::back_inserter(result.implementations));
    }
    if (result.backend == nullptr) {
      const Node& node = builder_.graph().node(covered.match().nodes.back());
      fail(ErrorKind::kUsage, "every backend declined {} '{}' on {}", node.op->name, node.name,
           joined(builder_.graph(), covered.match().inputs, {}));
    }
    result.key = key_of(builder_.graph(), result.match, result.layouts);
    for (const Value& value : result.match.inputs) result.inputs.push_back(builder_.graph().type(value));
    for (const Value& value : result.match.outputs) result.outputs.push_back(builder_.graph().type(value));
    return result;
  }

  const Device& device_of(const Offered& offered) const { return *builder_.plan().devices[static_cast<size_t>(offered.device)]; }

  Tuner::Problem problem(const Offered& offered) {
    return {offered.key,
            offered.implementations,
            offered.inputs,
            offered.outputs,
            device_of(offered),
            [this, &offered](const Implementation& implementation) { return kernel_of(offered, implementation); },
            [this, &offered](const Implementation& implementation) { return reorder_seconds(offered, implementation); }};
  }

  // Kernels are immutable, so equal layers share one.
  std::shared_ptr<const Kernel> kernel_of(const Offered& offered, const Implementation& implementation) {
    const std::string key = fmt::format("{} {} |{} | {}", offered.backend->name(), offered.key,
                                        wiring_of(builder_.graph(), offered.match), implementation.choice());
    const auto [found, fresh] = kernels_.try_emplace(key);
    if (fresh) found->second = implementation.build();
    return found->second;
  }

  // The cost of reordering the inputs into the implementation's layouts in every run.
  double reorder_seconds(const Offered& offered, const Implementation& implementation) {
    double seconds = 0;
    for (size_t i = 0; i < offered.layouts.size(); ++i) {
      if (implementation.inputs[i] == offered.layouts[i] || builder_.is_frozen(offered.match.inputs[i])) continue;
      const TensorType& type = offered.inputs[i];
      const auto reorder = builder_.find_reorder(type, offered.layouts[i], implementation.inputs[i], offered.device);
      const auto kernel = reorder ? reorder->build() : nullptr;
      if (kernel) seconds += tuner_.timer().seconds(*kernel, *reorder, {&type, 1}, {&type, 1}, device_of(offered));
    }
    return seconds;
  }

  // The cover of least measured cost, reorders included.
  size_t chosen_cover(const Region& region) {
    if (region.covers.size() == 1) return 0;
    std::vector<std::string> labels;
    for (const Cover& cover : region.covers) labels.push_back(label_of(cover));
    const Offered inputs = offered(region.covers.front().front(), {});
    return tuner_.choose_cover(fmt::format("cover {}: {}", ops_text(builder_.graph(), region.nodes), inputs.key), labels,
                               [&](size_t i) { return seconds_of_cover(region.covers[i]); });
  }

  static std::string label_of(const Cover& cover) {
    std::string label;
    for (const CoveredMatch& covered : cover)
      label += fmt::format("{}{} by {}", label.empty() ? "" : " | ", covered.match().what, covered.found.front().pattern->name());
    return label;
  }

  double seconds_of_cover(const Cover& cover) {
    Produced produced;
    double seconds = 0;
    for (const CoveredMatch& covered : cover) {
      const Offered one = offered(covered, produced);
      const Tuner::Timed timed = tuner_.least_seconds(problem(one));
      seconds += timed.seconds;
      for (size_t i = 0; i < one.match.outputs.size(); ++i)
        produced[one.match.outputs[i]] = one.implementations[timed.index].outputs[i];
    }
    return seconds;
  }

  void add(const CoveredMatch& covered, bool frozen) {
    const Offered one = offered(covered, {});
    Tuner::Choice choice = tuner_.choose(problem(one));
    const Implementation& chosen = one.implementations[choice.index];
    PlanStep step{one.match.what, builder_.graph().node(one.match.nodes.back()).name,
                  fmt::format("{} {}", one.backend->name(), chosen.label), one.match.nodes};
    step.device = one.device;
    for (size_t i = 0; i < one.match.inputs.size(); ++i)
      step.inputs.push_back(builder_.at(one.match.inputs[i], chosen.inputs[i], one.device));
    for (size_t i = 0; i < one.match.outputs.size(); ++i) {
      step.outputs.push_back(builder_.add_value(one.match.outputs[i], chosen.outputs[i],
                                                {frozen ? Storage::Kind::kPrepared : Storage::Kind::kArena, one.device}));
    }
    for (const NodeId id : one.match.nodes) {
      const Node& node = builder_.graph().node(id);
      if (node.op->macs != nullptr) step.flops += 2 * node.op->macs(builder_.graph(), node);
    }
    step.scratch_bytes = chosen.scratch_bytes;
    step.run = std::move(choice.kernel);
    builder_.add_step(std::move(step), frozen, chosen.in_place);
  }

  PlanBuilder builder_;
  const Target& target_;
  std::map<std::string, std::shared_ptr<const Kernel>> kernels_;
  Tuner tuner_;
  GraphView view_;
};

}  // namespace

StepAliases lower(Plan& plan, const Target& target, const KernelChoices& choices) {
  return Lowering(plan, target, choices).run();
}

}  // namespace residual
