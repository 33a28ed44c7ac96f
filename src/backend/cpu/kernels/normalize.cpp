// moments, and normalize with subsequent ops: "+ relu", "+ add", "+ add + relu", also with both sides of the sum normalized (a
// block with a projection). He et al. 2015, figure 2: a block ends in normalize + add + relu.
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

class MomentsPattern final : public Pattern {
 public:
  std::string_view name() const override { return "moments"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &moments_op() || !is_float(view.graph(), node)) return {};
    return {make_match(view, "moments", {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const Shape& shape = graph.shape(match.inputs[0]);
    const Layout layout = row_layout(shape, inputs);
    const Rows rows = rows_of(shape, layout);
    std::vector<Implementation> result;
    result.push_back({.label = "moments " + to_string(layout),
                      .inputs = {layout},
                      .outputs = std::vector<Layout>(3),
                      .scratch_bytes = kFloat * moments_scratch(rows)});
    result.back().build = [rows] {
      return make_kernel([rows](const KernelArgs& args) {
        moments(rows, floats(args, 0), floats_out(args, 0), floats_out(args, 1), floats_out(args, 2),
                reinterpret_cast<float*>(args.scratch));
      });
    };
    return result;
  }
};

// The nodes of one subgraph, found from its last node.
struct NormalizeNodes {
  const Node* normalize = nullptr;
  const Node* other = nullptr;  ///< the addend's normalize, when the match covers it too
  std::optional<Value> addend;  ///< or the other normalize's input
  bool relu = false;
};

struct StatisticsPlaces {
  size_t mean, variance, gamma, beta;
  double eps;

  StatisticsPlaces(const Match& match, const Node& normalize)
      : mean(match.input_index(normalize.inputs[1])),
        variance(match.input_index(normalize.inputs[2])),
        gamma(match.input_index(normalize.inputs[3])),
        beta(match.input_index(normalize.inputs[4])),
        eps(normalize.attributes.as<NormalizeAttrs>().eps) {}

  Statistics of(const KernelArgs& args) const noexcept {
    return {floats(args, mean), floats(args, variance), floats(args, gamma), floats(args, beta), eps};
  }
};

class NormalizePattern final : public Pattern {
 public:
  std::string_view name() const override { return "normalize"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if (!is_float(graph, node)) return {};
    if (node.op == &normalize_op()) return {make_match(view, "normalize", {last})};
    const bool relu = node.op == &relu_op();
    if (!relu && node.op != &add_op()) return {};
    if (relu && is_inner(view, node.inputs[0], normalize_op()))
      return {make_match(view, "normalize + relu", {node.inputs[0].node, last})};
    const NodeId add = relu ? node.inputs[0].node : last;
    if (relu && !is_inner(view, node.inputs[0], add_op())) return {};
    std::vector<NodeId> nodes{add};
    if (relu) nodes.push_back(last);
    return sums(view, add, nodes, relu ? " + add + relu" : " + add");
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const NormalizeNodes subgraph = subgraph_of(graph, match);
    const Shape& shape = subgraph.normalize->outputs[0].shape;
    const size_t x = match.input_index(subgraph.normalize->inputs[0]);
    const size_t addend = subgraph.addend ? match.input_index(*subgraph.addend) : x;
    const std::array<Layout, 2> given{inputs[x], inputs[addend]};
    const Layout layout = row_layout(shape, given);
    const Rows rows = rows_of(shape, layout);
    std::vector<Implementation> result;
    result.push_back({.label = "normalize " + to_string(layout),
                      .inputs = std::vector<Layout>(match.inputs.size()),
                      .outputs = {layout},
                      .scratch_bytes = kFloat * normalize_scratch(rows)});
    Implementation& made = result.back();
    made.inputs[x] = made.inputs[addend] = layout;
    made.in_place.push_back({static_cast<int>(addend), 0});  // not x, which the backward pass reads again
    const StatisticsPlaces own(match, *subgraph.normalize), other(match, subgraph.other ? *subgraph.other : *subgraph.normalize);
    const bool has_addend = subgraph.addend.has_value(), addend_normalized = subgraph.other != nullptr, relu = subgraph.relu;
    made.build = [=] {
      return make_kernel([=](const KernelArgs& args) {
        const NormalizeCall call{floats(args, x),    own.of(args),   has_addend ? floats(args, addend) : nullptr,
                                 addend_normalized,  other.of(args), relu,
                                 floats_out(args, 0)};
        normalize(rows, call, reinterpret_cast<float*>(args.scratch));
      });
    };
    return result;
  }

 private:
  static bool is_inner(const GraphView& view, Value value, const OpDef& op) {
    return produced_by(view.graph(), value, op) != nullptr && view.only_reader(value);
  }

  static std::vector<Match> sums(const GraphView& view, NodeId add, const std::vector<NodeId>& nodes, const std::string& after) {
    const Graph& graph = view.graph();
    const Value left = graph.node(add).inputs[0], right = graph.node(add).inputs[1];
    if (left == right) return {};
    std::vector<Match> matches;
    const bool both = is_inner(view, left, normalize_op()) && is_inner(view, right, normalize_op());
    for (const Value side : {left, right}) {
      if (!is_inner(view, side, normalize_op())) continue;
      std::vector<NodeId> all = nodes;
      all.push_back(side.node);
      matches.push_back(make_match(view, "normalize" + after, all));
    }
    if (both) {
      std::vector<NodeId> all = nodes;
      all.insert(all.end(), {left.node, right.node});
      matches.insert(matches.begin(), make_match(view, "normalize + normalize" + after, all));
    }
    return matches;
  }

  static NormalizeNodes subgraph_of(const Graph& graph, const Match& match) {
    NormalizeNodes subgraph;
    for (const NodeId id : match.nodes) {
      const Node& node = graph.node(id);
      if (node.op == &normalize_op()) (subgraph.normalize == nullptr ? subgraph.normalize : subgraph.other) = &node;
      if (node.op == &relu_op()) subgraph.relu = true;
      if (node.op != &add_op()) continue;
      const size_t own = &graph.node(node.inputs[0].node) == subgraph.normalize ? 0 : 1;
      subgraph.addend = subgraph.other != nullptr ? subgraph.other->inputs[0] : node.inputs[1 - own];
    }
    return subgraph;
  }
};

}  // namespace

void add_normalize(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<NormalizePattern>());
  patterns.push_back(std::make_unique<MomentsPattern>());
}

}  // namespace residual::cpu::kernels
