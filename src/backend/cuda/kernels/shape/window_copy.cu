// A thread takes one element of the result and divides its number into coordinates. Networks slice and concatenate channels, for
// which shape/channels.h is faster; this one takes the rest.
#include "backend/cuda/kernels/shape/window_copy.h"

#include "backend/cuda/kernels/device/words.cuh"

namespace residual::cuda::kernels {
namespace {

template <class Word>
__global__ void __launch_bounds__(kThreads) copy_window(const Word* x, Word* y, WindowCopy copy, int64_t count) {
  for (int64_t i = thread_index(); i < count; i += thread_count()) {
    int64_t rest = i, from = 0;
    bool inside = true;
    for (int axis = copy.axes - 1; axis >= 0; --axis) {
      const int64_t at = rest % copy.output[axis] - copy.before[axis];
      inside = inside && at >= 0 && at < copy.input[axis];
      from += at * copy.strides[axis];
      rest /= copy.output[axis];
    }
    y[i] = inside ? x[from] : Word{};
  }
}

}  // namespace

void launch_window_copy(StreamHandle stream, size_t element_bytes, const void* x, void* y, const WindowCopy& copy) {
  int64_t count = 1;
  for (int axis = 0; axis < copy.axes; ++axis) count *= copy.output[axis];
  for_word({static_cast<int64_t>(element_bytes)}, {}, [&]<class Word>(Word) {
    launch(stream, dim3(grid_for(count)), dim3(kThreads), copy_window<Word>, static_cast<const Word*>(x), static_cast<Word*>(y),
           copy, count);
  });
}

}  // namespace residual::cuda::kernels
