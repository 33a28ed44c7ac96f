// Dropout (Srivastava et al. 2014), inverted: kept values are scaled by 1/(1 - rate).
#pragma once

#include <array>

#include "core/rng.h"
#include "graph/op.h"

namespace residual {

struct DropoutAttrs {
  double rate = 0.5;
  int64_t layer = 0;  ///< the dropout's number within its network
  bool operator==(const DropoutAttrs&) const = default;
  template <typename V>
  void fields(V&& visit) {
    visit("rate", rate), visit("layer", layer);
  }
};

const OpDef& dropout_op();

/// x: any shape with the batch first. key: int64[3] = seed, step, index of the batch's first sample. The mask is a function of
/// (seed, step, layer, sample, element), so the backward pass is the same op on dy, and the mask does not depend on how the batch
/// is split.
Value dropout(Graph& graph, Value x, Value key, const DropoutAttrs& attributes);

/// Whether an element is kept: `element` counts within the sample, in canonical order. Every backend must use exactly this
/// function.
inline bool dropout_keeps(std::array<int64_t, 3> key, const DropoutAttrs& attributes, int64_t sample, int64_t element) noexcept {
  const auto low = [](int64_t x) { return static_cast<uint32_t>(x); };
  const int64_t global = key[2] + sample;
  const auto words = philox({low(element / 4), low(global), low(global >> 32) ^ low(attributes.layer) << 8, low(key[1])},
                            {low(key[0]), low(key[0] >> 32) ^ 0x64726F70u});
  return static_cast<double>(words[static_cast<size_t>(element % 4)]) * 0x1p-32 >= attributes.rate;
}

}  // namespace residual
