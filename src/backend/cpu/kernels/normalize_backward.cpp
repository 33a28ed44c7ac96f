// The gradient of batch normalisation, alone or with the gradient of the relu after it and the sum of gradients before that:
//   [add +] relu_backward + reduce + apply   two passes, the gradient dz after the relu's mask is never stored
//   [add +] relu_backward + reduce           one pass that stores dz, because other nodes read it too (a shortcut)
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

// One subgraph: its nodes (null where it has none) and its values.
struct BackwardNodes {
  const Node *add = nullptr, *relu = nullptr, *reduce = nullptr, *apply = nullptr;
  NodeId add_id = -1, relu_id = -1, reduce_id = -1, apply_id = -1;
  Value dy, x, mean, variance;
  std::optional<Value> dy_addend, y, gamma, beta;
  Mask mask = Mask::kNone;

  // Inputs of the kernel.
  std::vector<Value> inputs() const {
    std::vector<Value> values{dy, x, mean, variance};
    for (const auto& value : {dy_addend, mask == Mask::kOutput ? y : std::nullopt, gamma, beta}) {
      if (value) values.push_back(*value);
    }
    return values;
  }
};

// The normalize node whose relu is `y`, if it normalizes x by the same statistics.
const Node* forward_of(const Graph& graph, Value y, const Node& reduce) {
  const Node* relu = produced_by(graph, y, relu_op());
  const Node* normalize = relu ? produced_by(graph, relu->inputs[0], normalize_op()) : nullptr;
  const bool same = normalize && normalize->inputs[0] == reduce.inputs[1] && normalize->inputs[1] == reduce.inputs[2] &&
                    normalize->inputs[2] == reduce.inputs[3] && normalize->attributes == reduce.attributes;
  return same ? normalize : nullptr;
}

void set_mask(const Graph& graph, BackwardNodes& subgraph) {
  subgraph.y = subgraph.relu->inputs[1];
  subgraph.mask = Mask::kOutput;
  const Node* normalize = forward_of(graph, *subgraph.y, *subgraph.reduce);
  if (normalize == nullptr || (subgraph.apply != nullptr && normalize->inputs[3] != subgraph.apply->inputs[4])) return;
  subgraph.mask = Mask::kRecomputed;
  subgraph.gamma = normalize->inputs[3];
  subgraph.beta = normalize->inputs[4];
}

// Fills in the values from the nodes.
BackwardNodes with_values(const Graph& graph, BackwardNodes subgraph) {
  const Node& any = subgraph.reduce ? *subgraph.reduce : *subgraph.apply;
  subgraph.dy = any.inputs[0], subgraph.x = any.inputs[1], subgraph.mean = any.inputs[2], subgraph.variance = any.inputs[3];
  if (subgraph.apply) subgraph.gamma = subgraph.apply->inputs[4];
  if (subgraph.relu) {
    subgraph.dy = subgraph.relu->inputs[0];
    set_mask(graph, subgraph);
  }
  if (subgraph.add) {
    subgraph.dy = subgraph.add->inputs[0];
    subgraph.dy_addend = subgraph.add->inputs[1];
  }
  return subgraph;
}

BackwardNodes subgraph_of(const Graph& graph, std::span<const NodeId> nodes) {
  BackwardNodes subgraph;
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    if (node.op == &add_op()) subgraph.add = &node, subgraph.add_id = id;
    if (node.op == &relu_backward_op()) subgraph.relu = &node, subgraph.relu_id = id;
    if (node.op == &normalize_backward_reduce_op()) subgraph.reduce = &node, subgraph.reduce_id = id;
    if (node.op == &normalize_backward_apply_op()) subgraph.apply = &node, subgraph.apply_id = id;
  }
  return with_values(graph, subgraph);
}

class NormalizeBackwardPattern final : public Pattern {
 public:
  std::string_view name() const override { return "normalize_backward"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if (!is_float(graph, node)) return {};
    std::vector<Match> matches;
    if (node.op == &normalize_backward_apply_op()) {
      whole(view, last, matches);
      matches.push_back(match_of(graph, {last}, false));
    }
    if (node.op == &normalize_backward_reduce_op()) {
      with_relu(view, last, matches);
      matches.push_back(match_of(graph, {last}, false));
    }
    return matches;
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override;

 private:
  // [add +] relu_backward + reduce + apply, or reduce + apply.
  static void whole(const GraphView& view, NodeId last, std::vector<Match>& matches) {
    const Graph& graph = view.graph();
    const Node& apply = graph.node(last);
    const NodeId reduce = apply.inputs[5].node;
    const Node& sums = graph.node(reduce);
    const bool belong = sums.op == &normalize_backward_reduce_op() && apply.inputs[5] == Value{reduce, 0} &&
                        apply.inputs[6] == Value{reduce, 1} &&
                        std::equal(sums.inputs.begin(), sums.inputs.end(), apply.inputs.begin()) &&
                        sums.attributes.as<NormalizeAttrs>().eps == apply.attributes.as<NormalizeBackwardApplyAttrs>().eps;
    if (!belong) return;
    const Value dz = apply.inputs[0];
    const bool ours =
        produced_by(graph, dz, relu_backward_op()) != nullptr && !view.is_output(dz) && view.readers(dz).size() == 2;
    if (!ours) return;
    if (inner_sum(view, dz.node))
      matches.push_back(match_of(graph, {graph.node(dz.node).inputs[0].node, dz.node, reduce, last}, false));
    matches.push_back(match_of(graph, {dz.node, reduce, last}, false));
  }

  // [add +] relu_backward + reduce, storing the gradient between them.
  static void with_relu(const GraphView& view, NodeId last, std::vector<Match>& matches) {
    const Graph& graph = view.graph();
    const Value dz = graph.node(last).inputs[0];
    if (produced_by(graph, dz, relu_backward_op()) == nullptr) return;
    if (inner_sum(view, dz.node)) matches.push_back(match_of(graph, {graph.node(dz.node).inputs[0].node, dz.node, last}, true));
    matches.push_back(match_of(graph, {dz.node, last}, true));
  }

  // Whether relu_backward's input is a sum that no other node reads.
  static bool inner_sum(const GraphView& view, NodeId relu) {
    const Value dy = view.graph().node(relu).inputs[0];
    const Node* add = produced_by(view.graph(), dy, add_op());
    return add != nullptr && view.only_reader(dy) && add->inputs[0] != add->inputs[1];
  }

  static Match match_of(const Graph& graph, std::vector<NodeId> nodes, bool stores) {
    const BackwardNodes subgraph = subgraph_of(graph, nodes);
    std::vector<Value> inputs = subgraph.inputs(), outputs;
    if (!subgraph.reduce) inputs.insert(inputs.end(), {subgraph.apply->inputs[5], subgraph.apply->inputs[6]});
    if (subgraph.apply) outputs.push_back({subgraph.apply_id});
    if (stores) outputs.push_back({subgraph.relu_id});
    if (subgraph.reduce) outputs.insert(outputs.end(), {Value{subgraph.reduce_id, 0}, Value{subgraph.reduce_id, 1}});
    Match match = make_match(graph, "", std::move(nodes), std::move(inputs), std::move(outputs));
    for (const auto& [node, name] :
         {std::pair{subgraph.add, "add"}, std::pair{subgraph.relu, "relu_backward"},
          std::pair{subgraph.reduce, "normalize_backward_reduce"}, std::pair{subgraph.apply, "normalize_backward_apply"}}) {
      if (node) match.what += (match.what.empty() ? "" : " + ") + std::string(name);
    }
    // Passes over memory saved: the sum's write and read; the write and reads of the relu's result, less what is read twice.
    const double bytes = static_cast<double>(graph.type(subgraph.x).bytes());
    match.bytes_saved = bytes * ((subgraph.add ? 2 : 0) + (subgraph.relu ? 1 : 0) + (subgraph.relu && subgraph.apply ? 1 : 0));
    return match;
  }
};

std::vector<Implementation> NormalizeBackwardPattern::implementations(const Graph& graph, const Match& match,
                                                                      std::span<const Layout> inputs) const {
  const BackwardNodes subgraph = subgraph_of(graph, match.nodes);
  const Shape& shape = graph.shape(subgraph.x);
  const size_t dy = match.input_index(subgraph.dy), x = match.input_index(subgraph.x), mean = match.input_index(subgraph.mean),
               variance = match.input_index(subgraph.variance);
  const auto optional_index = [&](const std::optional<Value>& value) {
    return value ? static_cast<int>(match.input_index(*value)) : -1;
  };
  const int dy_addend = optional_index(subgraph.dy_addend), gamma = optional_index(subgraph.gamma),
            beta = optional_index(subgraph.beta), y = subgraph.mask == Mask::kOutput ? optional_index(subgraph.y) : -1;
  const Layout layout = row_layout(shape, std::array<Layout, 2>{inputs[x], inputs[dy]});
  const Rows rows = rows_of(shape, layout);
  std::vector<Implementation> result;
  result.push_back({.label = "normalize_backward " + to_string(layout),
                    .inputs = std::vector<Layout>(match.inputs.size()),
                    .outputs = std::vector<Layout>(match.outputs.size()),
                    .scratch_bytes = kFloat * backward_scratch(rows)});
  Implementation& made = result.back();
  made.inputs[x] = made.inputs[dy] = layout;
  for (const int place : {dy_addend, y}) {
    if (place >= 0) made.inputs[static_cast<size_t>(place)] = layout;
  }
  const bool reduces = subgraph.reduce != nullptr, applies = subgraph.apply != nullptr,
             stores = reduces && !applies && match.outputs.size() == 3;
  // dx, or the stored dz.
  const size_t gradient = applies ? match.output_index({subgraph.apply_id}) : stores ? match.output_index({subgraph.relu_id}) : 0;
  if (applies || stores) {
    made.outputs[gradient] = layout;
    made.in_place.push_back({static_cast<int>(dy), static_cast<int>(gradient)});
  }
  const Mask mask = subgraph.mask;
  const double eps = reduces ? subgraph.reduce->attributes.as<NormalizeAttrs>().eps
                             : subgraph.apply->attributes.as<NormalizeBackwardApplyAttrs>().eps;
  const bool through_moments = applies && subgraph.apply->attributes.as<NormalizeBackwardApplyAttrs>().through_moments;
  // dgamma and dbeta: written where this match reduces, else read.
  const size_t dgamma_index =
      reduces ? match.output_index({subgraph.reduce_id, 0}) : match.input_index(subgraph.apply->inputs[5]);
  const size_t dbeta_index = reduces ? match.output_index({subgraph.reduce_id, 1}) : match.input_index(subgraph.apply->inputs[6]);
  made.build = [=] {
    return make_kernel([=](const KernelArgs& args) {
      const auto optional = [&](int place) { return place >= 0 ? floats(args, static_cast<size_t>(place)) : nullptr; };
      const BackwardCall call{floats(args, dy),
                              optional(dy_addend),
                              floats(args, x),
                              optional(y),
                              {floats(args, mean), floats(args, variance), optional(gamma), optional(beta), eps},
                              mask,
                              through_moments};
      float* scratch = reinterpret_cast<float*>(args.scratch);
      if (reduces)
        backward_reduce(rows, call, stores ? floats_out(args, gradient) : nullptr, floats_out(args, dgamma_index),
                        floats_out(args, dbeta_index), scratch);
      if (!applies) return;
      const float* dgamma = reduces ? floats_out(args, dgamma_index) : floats(args, dgamma_index);
      const float* dbeta = reduces ? floats_out(args, dbeta_index) : floats(args, dbeta_index);
      backward_apply(rows, call, dgamma, dbeta, floats_out(args, gradient), scratch);
    });
  };
  return result;
}

}  // namespace

void add_normalize_backward(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<NormalizeBackwardPattern>());
}

}  // namespace residual::cpu::kernels
