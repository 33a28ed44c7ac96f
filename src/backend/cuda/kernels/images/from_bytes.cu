// A thread writes one pixel with all its channels. The table, 3 KiB for colour, lies in shared memory: each byte is looked up in
// it, as on the host, so both give the same bits, and no division is left.
#include "backend/cuda/kernels/images/from_bytes.h"

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {
namespace {

constexpr int kMostChannels = 3;

template <class T>
__global__ void __launch_bounds__(kThreads) place_pixels(ImageBatch batch, int64_t pixels) {
  __shared__ float table[kMostChannels * 256];
  for (int i = static_cast<int>(threadIdx.x); i < batch.channels * 256; i += kThreads) table[i] = batch.table[i];
  __syncthreads();
  for (int64_t i = thread_index(); i < pixels; i += thread_count()) {
    const int64_t sample = i / batch.width / batch.height;
    const Placement place = batch.placements != nullptr ? batch.placements[sample] : Placement{0, 0, 0};
    const int64_t column = place.mirrored != 0 ? batch.width - 1 - i % batch.width : i % batch.width;
    const int64_t y = place.top + i / batch.width % batch.height, x = place.left + column;
    const bool inside = y >= 0 && y < batch.in_height && x >= 0 && x < batch.in_width;
    const int64_t pixel = ((sample * batch.in_height + y) * batch.in_width + x) * batch.channels;
    T* out = static_cast<T*>(batch.images) + i * batch.padded_channels;
    for (int64_t c = 0; c < batch.padded_channels; ++c)
      out[c] = static_cast<T>(inside && c < batch.channels ? table[c * 256 + batch.bytes[pixel + c]] : 0.0F);
  }
}

}  // namespace

void launch_images_from_bytes(StreamHandle stream, DType type, const ImageBatch& batch) {
  const int64_t pixels = batch.batch * batch.height * batch.width;
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, dim3(grid_for(pixels, 4 * kThreads)), dim3(kThreads), place_pixels<T>, batch, pixels);
  });
}

}  // namespace residual::cuda::kernels
