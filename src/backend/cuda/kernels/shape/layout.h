// Between the plain layout (N,C,H,W; filters K,C,R,S) and channels-last (N,H,W,C; K,R,S,C) with channels of zeros behind, as many
// as tensor cores want. Elements of any type, of 1, 2, 4 or 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

struct LayoutChange {
  int64_t batch = 1, channels = 1, area = 1;
  int64_t padded_channels = 1;  ///< of the channels-last side, at least `channels`; those behind are written as 0 and not read
};
void launch_to_channels_last(StreamHandle stream, size_t element_bytes, const void* x, void* y, const LayoutChange& change);
void launch_to_plain(StreamHandle stream, size_t element_bytes, const void* x, void* y, const LayoutChange& change);

}  // namespace residual::cuda::kernels
