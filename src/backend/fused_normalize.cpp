#include "backend/fused_normalize.h"

#include <algorithm>

#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"

namespace residual {
namespace {

bool is_inner_normalize(const GraphView& view, Value value) {
  return produced_by(view.graph(), value, normalize_op()) != nullptr && view.only_reader(value);
}

// normalize + add, and what follows: `nodes`, called `after`.
std::vector<Match> sums(const GraphView& view, NodeId add, const std::vector<NodeId>& nodes, const std::string& after) {
  const Graph& graph = view.graph();
  const Value left = graph.node(add).inputs[0], right = graph.node(add).inputs[1];
  if (left == right) return {};
  std::vector<Match> matches;
  for (const Value side : {left, right}) {
    if (!is_inner_normalize(view, side)) continue;
    std::vector<NodeId> all = nodes;
    all.push_back(side.node);
    matches.push_back(make_match(view, "normalize" + after, all));
  }
  if (matches.size() == 2) {
    std::vector<NodeId> all = nodes;
    all.insert(all.end(), {left.node, right.node});
    matches.insert(matches.begin(), make_match(view, "normalize + normalize" + after, all));
  }
  return matches;
}

// The normalize node whose relu is `y`, if it normalizes x by the same statistics.
const Node* forward_of(const Graph& graph, Value y, const Node& reduce) {
  const Node* relu = produced_by(graph, y, relu_op());
  const Node* normalize = relu ? produced_by(graph, relu->inputs[0], normalize_op()) : nullptr;
  const bool same = normalize && normalize->inputs[0] == reduce.inputs[1] && normalize->inputs[1] == reduce.inputs[2] &&
                    normalize->inputs[2] == reduce.inputs[3] && normalize->attributes == reduce.attributes;
  return same ? normalize : nullptr;
}

void set_mask(const Graph& graph, FusedNormalizeBackward& fused) {
  fused.y = fused.relu->inputs[1];
  fused.mask = ReluMask::kOutput;
  const Node* normalize = forward_of(graph, *fused.y, *fused.reduce);
  if (normalize == nullptr || (fused.apply != nullptr && normalize->inputs[3] != fused.apply->inputs[4])) return;
  fused.mask = ReluMask::kRecomputed;
  fused.gamma = normalize->inputs[3];
  fused.beta = normalize->inputs[4];
}

// What the kernel reads.
std::vector<Value> inputs_of(const FusedNormalizeBackward& fused) {
  std::vector<Value> values{fused.dy, fused.x, fused.mean, fused.variance};
  for (const auto& value : {fused.dy_addend, fused.mask == ReluMask::kOutput ? fused.y : std::nullopt, fused.gamma, fused.beta}) {
    if (value) values.push_back(*value);
  }
  return values;
}

Match backward_match(const Graph& graph, std::vector<NodeId> nodes, bool stores) {
  const FusedNormalizeBackward fused = fused_normalize_backward(graph, nodes);
  std::vector<Value> inputs = inputs_of(fused), outputs;
  if (!fused.reduce) inputs.insert(inputs.end(), {fused.apply->inputs[5], fused.apply->inputs[6]});
  if (fused.apply) outputs.push_back({fused.apply_id});
  if (stores) outputs.push_back({fused.relu_id});
  if (fused.reduce) outputs.insert(outputs.end(), {Value{fused.reduce_id, 0}, Value{fused.reduce_id, 1}});
  Match match = make_match(graph, "", std::move(nodes), std::move(inputs), std::move(outputs));
  for (const auto& [node, name] :
       {std::pair{fused.add, "add"}, std::pair{fused.relu, "relu_backward"}, std::pair{fused.reduce, "normalize_backward_reduce"},
        std::pair{fused.apply, "normalize_backward_apply"}}) {
    if (node) match.what += (match.what.empty() ? "" : " + ") + std::string(name);
  }
  // Passes over memory saved: the sum's write and read; the write and reads of the relu's result, less what is read twice.
  const double bytes = static_cast<double>(graph.type(fused.x).bytes());
  match.bytes_saved = bytes * ((fused.add ? 2 : 0) + (fused.relu ? 1 : 0) + (fused.relu && fused.apply ? 1 : 0));
  return match;
}

// Whether relu_backward's input is a sum that no other node reads.
bool inner_sum(const GraphView& view, NodeId relu) {
  const Value dy = view.graph().node(relu).inputs[0];
  const Node* add = produced_by(view.graph(), dy, add_op());
  return add != nullptr && view.only_reader(dy) && add->inputs[0] != add->inputs[1];
}

// [add +] relu_backward + reduce + apply.
void whole(const GraphView& view, NodeId last, std::vector<Match>& matches) {
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
  const bool ours = produced_by(graph, dz, relu_backward_op()) != nullptr && !view.is_output(dz) && view.readers(dz).size() == 2;
  if (!ours) return;
  if (inner_sum(view, dz.node))
    matches.push_back(backward_match(graph, {graph.node(dz.node).inputs[0].node, dz.node, reduce, last}, false));
  matches.push_back(backward_match(graph, {dz.node, reduce, last}, false));
}

// [add +] relu_backward + reduce, storing the gradient between them.
void with_relu(const GraphView& view, NodeId last, std::vector<Match>& matches) {
  const Graph& graph = view.graph();
  const Value dz = graph.node(last).inputs[0];
  if (produced_by(graph, dz, relu_backward_op()) == nullptr) return;
  if (inner_sum(view, dz.node))
    matches.push_back(backward_match(graph, {graph.node(dz.node).inputs[0].node, dz.node, last}, true));
  matches.push_back(backward_match(graph, {dz.node, last}, true));
}

}  // namespace

std::vector<Match> normalize_matches(const GraphView& view, NodeId last, std::initializer_list<DType> types) {
  const Graph& graph = view.graph();
  const Node& node = graph.node(last);
  if (!has_types(graph, node, types)) return {};
  if (node.op == &normalize_op()) return {make_match(view, "normalize", {last})};
  const bool relu = node.op == &relu_op();
  if (!relu && node.op != &add_op()) return {};
  if (relu && is_inner_normalize(view, node.inputs[0]))
    return {make_match(view, "normalize + relu", {node.inputs[0].node, last})};
  if (relu && (produced_by(graph, node.inputs[0], add_op()) == nullptr || !view.only_reader(node.inputs[0]))) return {};
  const NodeId add = relu ? node.inputs[0].node : last;
  std::vector<NodeId> nodes{add};
  if (relu) nodes.push_back(last);
  return sums(view, add, nodes, relu ? " + add + relu" : " + add");
}

FusedNormalize fused_normalize(const Graph& graph, const Match& match) {
  FusedNormalize fused;
  for (const NodeId id : match.nodes) {
    const Node& node = graph.node(id);
    if (node.op == &normalize_op()) (fused.normalize == nullptr ? fused.normalize : fused.other) = &node;
    if (node.op == &relu_op()) fused.relu = true;
    if (node.op != &add_op()) continue;
    const size_t own = &graph.node(node.inputs[0].node) == fused.normalize ? 0 : 1;
    fused.addend = fused.other != nullptr ? fused.other->inputs[0] : node.inputs[1 - own];
  }
  return fused;
}

double FusedNormalizeBackward::eps() const {
  return reduce ? reduce->attributes.as<NormalizeAttrs>().eps : apply->attributes.as<NormalizeBackwardApplyAttrs>().eps;
}

bool FusedNormalizeBackward::through_moments() const {
  return apply != nullptr && apply->attributes.as<NormalizeBackwardApplyAttrs>().through_moments;
}

std::vector<Match> normalize_backward_matches(const GraphView& view, NodeId last, std::initializer_list<DType> types) {
  const Graph& graph = view.graph();
  const Node& node = graph.node(last);
  const bool apply = node.op == &normalize_backward_apply_op();
  if ((!apply && node.op != &normalize_backward_reduce_op()) || !has_types(graph, node, types)) return {};
  std::vector<Match> matches;
  apply ? whole(view, last, matches) : with_relu(view, last, matches);
  matches.push_back(backward_match(graph, {last}, false));
  return matches;
}

StatisticsInputs::StatisticsInputs(const Match& match, const Node& normalize)
    : mean(match.input_index(normalize.inputs[1])),
      variance(match.input_index(normalize.inputs[2])),
      gamma(match.input_index(normalize.inputs[3])),
      beta(match.input_index(normalize.inputs[4])),
      eps(normalize.attributes.as<NormalizeAttrs>().eps) {}

FusedNormalizeBackward fused_normalize_backward(const Graph& graph, std::span<const NodeId> nodes) {
  FusedNormalizeBackward fused;
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    if (node.op == &add_op()) fused.add = &node, fused.add_id = id;
    if (node.op == &relu_backward_op()) fused.relu = &node, fused.relu_id = id;
    if (node.op == &normalize_backward_reduce_op()) fused.reduce = &node, fused.reduce_id = id;
    if (node.op == &normalize_backward_apply_op()) fused.apply = &node, fused.apply_id = id;
  }
  const Node& any = fused.reduce ? *fused.reduce : *fused.apply;
  fused.dy = any.inputs[0], fused.x = any.inputs[1], fused.mean = any.inputs[2], fused.variance = any.inputs[3];
  if (fused.apply) fused.gamma = fused.apply->inputs[4];
  if (fused.relu) {
    fused.dy = fused.relu->inputs[0];
    set_mask(graph, fused);
  }
  if (fused.add) {
    fused.dy = fused.add->inputs[0];
    fused.dy_addend = fused.add->inputs[1];
  }
  return fused;
}

}  // namespace residual
