// The gradient of batch normalisation, alone or with the relu behind it and the sum of gradients before that:
//   [add +] relu_backward + reduce + apply   two passes, the gradient behind the relu is never stored
//   [add +] relu_backward + reduce           one pass that stores it, for others read it too (a shortcut)
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/kernels/kernels.h"
#include "ops/add.h"
#include "ops/batch_norm.h"
#include "ops/relu.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

// One piece: its nodes (null where it has none) and its values.
struct BackwardPiece {
  const Node *add = nullptr, *relu = nullptr, *reduce = nullptr, *apply = nullptr;
  NodeId add_id = -1, relu_id = -1, reduce_id = -1, apply_id = -1;
  Value dy, x, mean, variance;
  std::optional<Value> dy_addend, y, gamma, beta;
  Mask mask = Mask::kNone;

  // Values in the order of the claim's inputs.
  std::vector<Value> inputs() const {
    std::vector<Value> values{dy, x, mean, variance};
    for (const auto& value : {dy_addend, mask == Mask::kOutput ? y : std::nullopt, gamma, beta}) {
      if (value) values.push_back(*value);
    }
    return values;
  }
};

// The normalize whose relu is `y`, if it normalizes x by these very statistics.
const Node* forward_of(const Graph& graph, Value y, const Node& reduce) {
  const Node* relu = produced_by(graph, y, relu_op());
  const Node* normalize = relu ? produced_by(graph, relu->inputs[0], normalize_op()) : nullptr;
  const bool same = normalize && normalize->inputs[0] == reduce.inputs[1] && normalize->inputs[1] == reduce.inputs[2] &&
                    normalize->inputs[2] == reduce.inputs[3] && normalize->attributes == reduce.attributes;
  return same ? normalize : nullptr;
}

void set_mask(const Graph& graph, BackwardPiece& piece) {
  piece.y = piece.relu->inputs[1];
  piece.mask = Mask::kOutput;
  const Node* normalize = forward_of(graph, *piece.y, *piece.reduce);
  if (normalize == nullptr || (piece.apply != nullptr && normalize->inputs[3] != piece.apply->inputs[4])) return;
  piece.mask = Mask::kRecomputed;
  piece.gamma = normalize->inputs[3];
  piece.beta = normalize->inputs[4];
}

// Reads the values off the nodes.
BackwardPiece with_values(const Graph& graph, BackwardPiece piece) {
  const Node& any = piece.reduce ? *piece.reduce : *piece.apply;
  piece.dy = any.inputs[0], piece.x = any.inputs[1], piece.mean = any.inputs[2], piece.variance = any.inputs[3];
  if (piece.apply) piece.gamma = piece.apply->inputs[4];
  if (piece.relu) {
    piece.dy = piece.relu->inputs[0];
    set_mask(graph, piece);
  }
  if (piece.add) {
    piece.dy = piece.add->inputs[0];
    piece.dy_addend = piece.add->inputs[1];
  }
  return piece;
}

BackwardPiece piece_of(const Graph& graph, const Claim& claim) {
  BackwardPiece piece;
  for (const NodeId id : claim.nodes) {
    const Node& node = graph.node(id);
    if (node.op == &add_op()) piece.add = &node, piece.add_id = id;
    if (node.op == &relu_backward_op()) piece.relu = &node, piece.relu_id = id;
    if (node.op == &normalize_backward_reduce_op()) piece.reduce = &node, piece.reduce_id = id;
    if (node.op == &normalize_backward_apply_op()) piece.apply = &node, piece.apply_id = id;
  }
  return with_values(graph, piece);
}

class NormalizeBackwardClaimer final : public Claimer {
 public:
  std::string_view name() const override { return "normalize_backward"; }

  std::vector<Claim> claim(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if (!is_float(graph, node)) return {};
    std::vector<Claim> claims;
    if (node.op == &normalize_backward_apply_op()) {
      whole(view, last, claims);
      claims.push_back(claim_of(graph, {last}, false));
    }
    if (node.op == &normalize_backward_reduce_op()) {
      with_relu(view, last, claims);
      claims.push_back(claim_of(graph, {last}, false));
    }
    return claims;
  }

  std::vector<Candidate> candidates(const Graph& graph, const Claim& claim, std::span<const Layout> inputs) const override;

 private:
  // [add +] relu_backward + reduce + apply, or reduce + apply.
  static void whole(const GraphView& view, NodeId last, std::vector<Claim>& claims) {
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
      claims.push_back(claim_of(graph, {graph.node(dz.node).inputs[0].node, dz.node, reduce, last}, false));
    claims.push_back(claim_of(graph, {dz.node, reduce, last}, false));
  }

  // [add +] relu_backward + reduce, storing the gradient between them.
  static void with_relu(const GraphView& view, NodeId last, std::vector<Claim>& claims) {
    const Graph& graph = view.graph();
    const Value dz = graph.node(last).inputs[0];
    if (produced_by(graph, dz, relu_backward_op()) == nullptr) return;
    if (inner_sum(view, dz.node)) claims.push_back(claim_of(graph, {graph.node(dz.node).inputs[0].node, dz.node, last}, true));
    claims.push_back(claim_of(graph, {dz.node, last}, true));
  }

  // Whether what relu_backward takes is a sum that nobody else reads.
  static bool inner_sum(const GraphView& view, NodeId relu) {
    const Value dy = view.graph().node(relu).inputs[0];
    const Node* add = produced_by(view.graph(), dy, add_op());
    return add != nullptr && view.only_reader(dy) && add->inputs[0] != add->inputs[1];
  }

  static Claim claim_of(const Graph& graph, std::vector<NodeId> nodes, bool stores) {
    Claim claim = make_claim(graph, "", std::move(nodes), {}, {});
    const BackwardPiece piece = piece_of(graph, claim);
    for (const Value& value : piece.inputs()) {
      if (std::find(claim.inputs.begin(), claim.inputs.end(), value) == claim.inputs.end()) claim.inputs.push_back(value);
    }
    if (!piece.reduce) claim.inputs.insert(claim.inputs.end(), {piece.apply->inputs[5], piece.apply->inputs[6]});
    if (piece.apply) claim.outputs.push_back({piece.apply_id});
    if (stores) claim.outputs.push_back({piece.relu_id});
    if (piece.reduce) claim.outputs.insert(claim.outputs.end(), {Value{piece.reduce_id, 0}, Value{piece.reduce_id, 1}});
    for (const auto& [node, name] :
         {std::pair{piece.add, "add"}, std::pair{piece.relu, "relu_backward"},
          std::pair{piece.reduce, "normalize_backward_reduce"}, std::pair{piece.apply, "normalize_backward_apply"}}) {
      if (node) claim.what += (claim.what.empty() ? "" : " + ") + std::string(name);
    }
    // Passes over memory spared: the sum's write and read; of the relu's result its write and reads, less what is read twice.
    const double bytes = static_cast<double>(graph.type(piece.x).bytes());
    claim.bytes_saved = bytes * ((piece.add ? 2 : 0) + (piece.relu ? 1 : 0) + (piece.relu && piece.apply ? 1 : 0));
    return claim;
  }
};

std::vector<Candidate> NormalizeBackwardClaimer::candidates(const Graph& graph, const Claim& claim,
                                                            std::span<const Layout> inputs) const {
  const BackwardPiece piece = piece_of(graph, claim);
  const Shape& shape = graph.shape(piece.x);
  const size_t dy = place_of(claim, piece.dy), x = place_of(claim, piece.x), mean = place_of(claim, piece.mean),
               variance = place_of(claim, piece.variance);
  const auto optional_place = [&](const std::optional<Value>& value) {
    return value ? static_cast<int>(place_of(claim, *value)) : -1;
  };
  const int dy_addend = optional_place(piece.dy_addend), gamma = optional_place(piece.gamma), beta = optional_place(piece.beta),
            y = piece.mask == Mask::kOutput ? optional_place(piece.y) : -1;
  const Layout layout = row_layout(shape, std::array<Layout, 2>{inputs[x], inputs[dy]});
  const Rows rows = rows_of(shape, layout);
  std::vector<Candidate> result;
  result.push_back({.label = "normalize_backward " + to_string(layout),
                    .inputs = std::vector<Layout>(claim.inputs.size()),
                    .outputs = std::vector<Layout>(claim.outputs.size()),
                    .scratch_bytes = kFloat * backward_scratch(rows)});
  Candidate& made = result.back();
  made.inputs[x] = made.inputs[dy] = layout;
  for (const int place : {dy_addend, y}) {
    if (place >= 0) made.inputs[static_cast<size_t>(place)] = layout;
  }
  const bool reduces = piece.reduce != nullptr, applies = piece.apply != nullptr,
             stores = reduces && !applies && claim.outputs.size() == 3;
  if (applies || stores) {
    made.outputs[0] = layout;
    made.in_place.push_back({static_cast<int>(dy), 0});
  }
  const Mask mask = piece.mask;
  const double eps =
      reduces ? piece.reduce->attributes.as<NormalizeAttrs>().eps : piece.apply->attributes.as<NormalizeBackwardApplyAttrs>().eps;
  const bool through_moments = applies && piece.apply->attributes.as<NormalizeBackwardApplyAttrs>().through_moments;
  const size_t sums = claim.inputs.size() - 2;  // of apply alone: dgamma, dbeta come in
  made.kernel = make_kernel([=](const KernelArgs& args) {
    const auto optional = [&](int place) { return place >= 0 ? floats(args, static_cast<size_t>(place)) : nullptr; };
    const BackwardCall call{floats(args, dy),
                            optional(dy_addend),
                            floats(args, x),
                            optional(y),
                            {floats(args, mean), floats(args, variance), optional(gamma), optional(beta), eps},
                            mask,
                            through_moments};
    float* scratch = reinterpret_cast<float*>(args.scratch);
    const size_t first_sum = applies || stores ? 1 : 0;
    if (reduces)
      backward_reduce(rows, call, stores ? floats_out(args, 0) : nullptr, floats_out(args, first_sum),
                      floats_out(args, first_sum + 1), scratch);
    if (!applies) return;
    const float* dgamma = reduces ? floats_out(args, 1) : floats(args, sums);
    const float* dbeta = reduces ? floats_out(args, 2) : floats(args, sums + 1);
    backward_apply(rows, call, dgamma, dbeta, floats_out(args, 0), scratch);
  });
  return result;
}

}  // namespace

std::unique_ptr<Claimer> normalize_backward_claimer() {
  return std::make_unique<NormalizeBackwardClaimer>();
}

}  // namespace residual::cpu::kernels
