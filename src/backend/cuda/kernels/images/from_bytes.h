// Batches of images from bytes to the network's input: the end of a list of transforms (data/transforms/).
#pragma once

#include <cstdint>

#include "backend/cuda/kernels/stream.h"
#include "core/tensor/dtype.h"

namespace residual::cuda::kernels {

/// What the random transforms drew for one sample, on the host, from its own sequence: output pixel (y, x) is pixel (top + y,
/// left + x) of the image, mirrored left to right where `mirrored`; outside the image it is 0, which behind normalize is the
/// mean.
struct Placement {
  int32_t top, left, mirrored;
};

struct ImageBatch {
  const uint8_t* bytes;         ///< batch x in_height x in_width x channels
  const float* table;           ///< channels x 256: the value of every byte, as divide, scale and normalize give it
  const Placement* placements;  ///< one a sample; null: the whole image
  void* images;                 ///< batch x height x width x padded_channels, those behind `channels` 0
  int64_t batch, channels, in_height, in_width, height, width, padded_channels;
};
/// float32 images have the bits that the transforms give on the host; narrower ones are these, rounded once.
void launch_images_from_bytes(StreamHandle stream, DType type, const ImageBatch& batch);

}  // namespace residual::cuda::kernels
