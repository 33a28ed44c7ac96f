// What moves channels without computing: concatenation, slices, shortcut A. Elements of any type, of 1, 2, 4 or 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/kernels/stream.h"

namespace residual::cuda::kernels {

/// Copies `width` bytes from every one of `rows` rows. A part of a concatenation is written into the whole's rows (to + the bytes
/// of the channels before it, to_pitch: the whole's), slice_channels reads from them; where kernels accept strides none is
/// needed.
struct RowCopy {
  const void* from;
  void* to;
  int64_t from_pitch, to_pitch;  ///< bytes from one row to the next
  int64_t width, rows;
};
void launch_copy_rows(StreamHandle stream, const RowCopy& copy);

/// Shortcut A, pad_channels: every stride-th row and column of x, with channels of zeros before and after; and its gradient. The
/// same images serve both: `height` x `width` with `channels` on x's side.
struct Shortcut {
  int64_t batch, height, width, channels;
  int64_t before, after, stride;

  int64_t out_height() const { return (height + stride - 1) / stride; }
  int64_t out_width() const { return (width + stride - 1) / stride; }
};
void launch_pad_channels(StreamHandle stream, size_t element_bytes, const void* x, void* y, const Shortcut& shortcut);
void launch_pad_channels_backward(StreamHandle stream, size_t element_bytes, const void* dy, void* dx, const Shortcut& shortcut);

}  // namespace residual::cuda::kernels
