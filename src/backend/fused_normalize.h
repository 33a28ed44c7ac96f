// Batch norm with the ops around it in a residual block, forward and backward, for every kernel that runs them in one or two
// passes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "backend/pattern.h"

namespace residual {

/// y = relu(normalize(x) + addend), without the parts that are absent. The addend may itself be normalized by the match.
struct FusedNormalize {
  const Node* normalize = nullptr;
  const Node* other = nullptr;  ///< the addend's normalize, where the match covers it too
  std::optional<Value> addend;  ///< or the other normalize's input
  bool relu = false;
};

/// The matches that end at `last`: "normalize", alone or twice, "+ add", "+ relu" and "+ add + relu", of tensors of these element
/// types, where no other node reads the values between them.
std::vector<Match> normalize_matches(const GraphView& view, NodeId last, std::initializer_list<DType> types = {DType::kF32});
/// Of one of these matches.
FusedNormalize fused_normalize(const Graph& graph, const Match& match);

/// The indices of a normalize node's statistics among the inputs of its match.
struct StatisticsInputs {
  static constexpr size_t kNone = SIZE_MAX;  ///< not an input
  size_t mean = kNone, variance = kNone, gamma = kNone, beta = kNone;
  double eps = 0;

  StatisticsInputs() = default;
  StatisticsInputs(const Match& match, const Node& normalize);
};

/// How the mask of the relu behind a normalize is found in the backward pass.
enum class ReluMask : uint8_t {
  kNone,        ///< there is no relu
  kOutput,      ///< where y > 0
  kRecomputed,  ///< where normalize(x) > 0
};

/// The gradient of batch norm, alone or with the gradient of the relu behind it and the sum of gradients before that:
///   [add +] relu_backward + reduce + apply   the gradient dz after the relu's mask is never stored
///   [add +] relu_backward + reduce           stores dz, because other nodes read it too (a shortcut)
struct FusedNormalizeBackward {
  const Node *add = nullptr, *relu = nullptr, *reduce = nullptr, *apply = nullptr;  ///< null where the match has none
  NodeId add_id = -1, relu_id = -1, reduce_id = -1, apply_id = -1;
  Value dy, x, mean, variance;
  std::optional<Value> dy_addend, y, gamma, beta;  ///< y: also where the mask does not need it
  ReluMask mask = ReluMask::kNone;

  double eps() const;
  bool through_moments() const;  ///< of apply
  /// Whether dz is stored.
  bool stores(const Match& match) const { return reduce != nullptr && apply == nullptr && match.outputs.size() == 3; }
};

/// The matches that end at `last`, of tensors of these element types.
std::vector<Match> normalize_backward_matches(const GraphView& view, NodeId last,
                                              std::initializer_list<DType> types = {DType::kF32});
/// Of one of these matches.
FusedNormalizeBackward fused_normalize_backward(const Graph& graph, std::span<const NodeId> nodes);

}  // namespace residual
