// moments, and normalize with what follows it: "+ relu", "+ add", "+ add + relu", also with both sides of the sum normalized (a
// block with a projection). He et al. 2015, figure 2: a block ends in normalize + add + relu.
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/kernels/kernels.h"
#include "ops/add.h"
#include "ops/batch_norm.h"
#include "ops/relu.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

class MomentsClaimer final : public Claimer {
 public:
  std::string_view name() const override { return "moments"; }

  std::vector<Claim> claim(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &moments_op() || !is_float(view.graph(), node)) return {};
    return {make_claim(view.graph(), "moments", {last}, {node.inputs[0]}, {{last, 0}, {last, 1}, {last, 2}})};
  }

  std::vector<Candidate> candidates(const Graph& graph, const Claim& claim, std::span<const Layout> inputs) const override {
    const Shape& shape = graph.shape(claim.inputs[0]);
    const Layout layout = row_layout(shape, inputs);
    const Rows rows = rows_of(shape, layout);
    std::vector<Candidate> result;
    result.push_back({.label = "moments " + to_string(layout),
                      .inputs = {layout},
                      .outputs = std::vector<Layout>(3),
                      .scratch_bytes = kFloat * moments_scratch(rows)});
    result.back().kernel = make_kernel([rows](const KernelArgs& args) {
      moments(rows, floats(args, 0), floats_out(args, 0), floats_out(args, 1), floats_out(args, 2),
              reinterpret_cast<float*>(args.scratch));
    });
    return result;
  }
};

// The nodes of one piece, found from its last node.
struct NormalizePiece {
  const Node* normalize = nullptr;
  const Node* other = nullptr;  ///< the addend's normalize, when that is inside too
  std::optional<Value> addend;  ///< or the other normalize's input
  bool relu = false;
};

struct StatisticsPlaces {
  size_t mean, variance, gamma, beta;
  double eps;

  StatisticsPlaces(const Claim& claim, const Node& normalize)
      : mean(place_of(claim, normalize.inputs[1])),
        variance(place_of(claim, normalize.inputs[2])),
        gamma(place_of(claim, normalize.inputs[3])),
        beta(place_of(claim, normalize.inputs[4])),
        eps(normalize.attributes.as<NormalizeAttrs>().eps) {}

  Statistics of(const KernelArgs& args) const noexcept {
    return {floats(args, mean), floats(args, variance), floats(args, gamma), floats(args, beta), eps};
  }
};

class NormalizeClaimer final : public Claimer {
 public:
  std::string_view name() const override { return "normalize"; }

  std::vector<Claim> claim(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if (!is_float(graph, node)) return {};
    if (node.op == &normalize_op()) return {claim_of(graph, {last}, "normalize")};
    const bool relu = node.op == &relu_op();
    if (!relu && node.op != &add_op()) return {};
    if (relu && is_inner(view, node.inputs[0], normalize_op()))
      return {claim_of(graph, {node.inputs[0].node, last}, "normalize + relu")};
    const NodeId add = relu ? node.inputs[0].node : last;
    if (relu && !is_inner(view, node.inputs[0], add_op())) return {};
    std::vector<NodeId> nodes{add};
    if (relu) nodes.push_back(last);
    return sums(view, add, nodes, relu ? " + add + relu" : " + add");
  }

  std::vector<Candidate> candidates(const Graph& graph, const Claim& claim, std::span<const Layout> inputs) const override {
    const NormalizePiece piece = piece_of(graph, claim);
    const Shape& shape = piece.normalize->outputs[0].shape;
    const size_t x = place_of(claim, piece.normalize->inputs[0]);
    const size_t addend = piece.addend ? place_of(claim, *piece.addend) : x;
    const std::array<Layout, 2> given{inputs[x], inputs[addend]};
    const Layout layout = row_layout(shape, given);
    const Rows rows = rows_of(shape, layout);
    std::vector<Candidate> result;
    result.push_back({.label = "normalize " + to_string(layout),
                      .inputs = std::vector<Layout>(claim.inputs.size()),
                      .outputs = {layout},
                      .scratch_bytes = kFloat * normalize_scratch(rows)});
    Candidate& made = result.back();
    made.inputs[x] = made.inputs[addend] = layout;
    made.in_place.push_back({static_cast<int>(addend), 0});  // in training x is wanted again, so not x
    const StatisticsPlaces own(claim, *piece.normalize), other(claim, piece.other ? *piece.other : *piece.normalize);
    const bool has_addend = piece.addend.has_value(), addend_normalized = piece.other != nullptr, relu = piece.relu;
    made.kernel = make_kernel([=](const KernelArgs& args) {
      const NormalizeCall call{floats(args, x),    own.of(args),   has_addend ? floats(args, addend) : nullptr,
                               addend_normalized,  other.of(args), relu,
                               floats_out(args, 0)};
      normalize(rows, call, reinterpret_cast<float*>(args.scratch));
    });
    return result;
  }

 private:
  static bool is_inner(const GraphView& view, Value value, const OpDef& op) {
    return produced_by(view.graph(), value, op) != nullptr && view.only_reader(value);
  }

  static std::vector<Claim> sums(const GraphView& view, NodeId add, const std::vector<NodeId>& nodes, const std::string& after) {
    const Graph& graph = view.graph();
    const Value left = graph.node(add).inputs[0], right = graph.node(add).inputs[1];
    if (left == right) return {};
    std::vector<Claim> claims;
    const bool both = is_inner(view, left, normalize_op()) && is_inner(view, right, normalize_op());
    for (const Value side : {left, right}) {
      if (!is_inner(view, side, normalize_op())) continue;
      std::vector<NodeId> all = nodes;
      all.push_back(side.node);
      claims.push_back(claim_of(graph, all, "normalize" + after));
    }
    if (both) {
      std::vector<NodeId> all = nodes;
      all.insert(all.end(), {left.node, right.node});
      claims.insert(claims.begin(), claim_of(graph, all, "normalize + normalize" + after));
    }
    return claims;
  }

  static NormalizePiece piece_of(const Graph& graph, const Claim& claim) {
    NormalizePiece piece;
    for (const NodeId id : claim.nodes) {
      const Node& node = graph.node(id);
      if (node.op == &normalize_op()) (piece.normalize == nullptr ? piece.normalize : piece.other) = &node;
      if (node.op == &relu_op()) piece.relu = true;
      if (node.op != &add_op()) continue;
      const size_t own = &graph.node(node.inputs[0].node) == piece.normalize ? 0 : 1;
      piece.addend = piece.other != nullptr ? piece.other->inputs[0] : node.inputs[1 - own];
    }
    return piece;
  }

  static Claim claim_of(const Graph& graph, std::vector<NodeId> nodes, std::string what) {
    Claim claim = make_claim(graph, std::move(what), std::move(nodes), {}, {});
    claim.outputs = {{claim.nodes.back()}};
    claim.bytes_saved =
        2.0 * static_cast<double>(claim.nodes.size() - 1) * static_cast<double>(graph.type(claim.outputs[0]).bytes());
    for (const NodeId id : claim.nodes) {
      for (const Value& value : graph.node(id).inputs) {
        const bool inside = std::find(claim.nodes.begin(), claim.nodes.end(), value.node) != claim.nodes.end();
        if (!inside && std::find(claim.inputs.begin(), claim.inputs.end(), value) == claim.inputs.end())
          claim.inputs.push_back(value);
      }
    }
    return claim;
  }
};

}  // namespace

std::unique_ptr<Claimer> moments_claimer() {
  return std::make_unique<MomentsClaimer>();
}

std::unique_ptr<Claimer> normalize_claimer() {
  return std::make_unique<NormalizeClaimer>();
}

}  // namespace residual::cpu::kernels
