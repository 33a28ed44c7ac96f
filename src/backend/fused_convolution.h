// conv2d with the ops that follow it, for every kernel that runs a convolution forward.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include "backend/convolution_geometry.h"
#include "backend/pattern.h"

namespace residual {

/// What a match of convolution_matches computes: dst = relu(conv2d(src, weight, bias) + addend), without the parts that are
/// absent.
struct FusedConvolution {
  ConvGeometry geometry;
  size_t src = 0, weight = 1;          ///< indices of the match's inputs
  std::optional<size_t> bias, addend;  ///< the same; addend has the shape of dst
  bool relu = false;
};

/// The matches that end at `last`: "conv2d", "+ add", "+ relu" and "+ add + relu", of one of these element types, where no other
/// node reads the values between them. The addend is none of the convolution's own inputs, so that dst may take its memory.
std::vector<Match> convolution_matches(const GraphView& view, NodeId last, std::initializer_list<DType> types = {DType::kF32});

/// Of one of these matches.
FusedConvolution fused_convolution(const Graph& graph, const Match& match);

}  // namespace residual
