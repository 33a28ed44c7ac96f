// One call of Philox decides on four elements that follow one another in canonical order, so a thread takes these four. They
// belong to one channel where the area is a multiple of four; neighbouring threads then take neighbouring channels and a warp
// reads rows without gaps. Otherwise neighbouring threads take the next four.
#include "backend/cuda/kernels/layers/dropout.h"

#include "backend/cuda/kernels/device/elements.cuh"
#include "core/rng.h"

namespace residual::cuda::kernels {
namespace {

/// Four random words: those of which dropout_keeps (ops/layers/dropout.h) takes one for each element.
__device__ __forceinline__ std::array<uint32_t, 4> random_words(const int64_t* key, int64_t layer, int64_t sample, int64_t quad) {
  const auto low = [](int64_t x) { return static_cast<uint32_t>(x); };
  const int64_t global = key[2] + sample;
  return philox({low(quad), low(global), low(global >> 32) ^ low(layer) << 8, low(key[1])},
                {low(key[0]), low(key[0] >> 32) ^ 0x64726F70u});
}

template <class T>
__global__ void __launch_bounds__(kThreads) drop_elements(const T* x, const int64_t* key, T* y, DropoutCall call) {
  const int64_t per_sample = call.area * call.channels, quads = (per_sample + 3) / 4;
  const float scale = static_cast<float>(1 / (1 - call.rate));
  for (int64_t i = thread_index(); i < call.batch * quads; i += thread_count()) {
    const int64_t sample = i / quads, turn = i % quads;
    const int64_t quad = call.area % 4 == 0 ? turn % call.channels * (call.area / 4) + turn / call.channels : turn;
    const std::array<uint32_t, 4> words = random_words(key, call.layer, sample, quad);
    for (int k = 0; k < 4; ++k) {
      const int64_t element = quad * 4 + k;
      if (element >= per_sample) break;
      const int64_t at = sample * per_sample + element % call.area * call.channels + element / call.area;
      const bool kept = static_cast<double>(words[static_cast<size_t>(k)]) * 0x1p-32 >= call.rate;
      y[at] = static_cast<T>(kept ? static_cast<float>(x[at]) * scale : 0.0F);
    }
  }
}

}  // namespace

void launch_dropout(StreamHandle stream, DType type, const void* x, const int64_t* key, void* y, const DropoutCall& call) {
  const int64_t quads = (call.area * call.channels + 3) / 4;
  for_type(type, [&]<class T>(std::type_identity<T>) {
    launch(stream, dim3(grid_for(call.batch * quads)), dim3(kThreads), drop_elements<T>, static_cast<const T*>(x), key,
           static_cast<T*>(y), call);
  });
}

}  // namespace residual::cuda::kernels
