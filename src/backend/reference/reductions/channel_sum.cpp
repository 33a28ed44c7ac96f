#include "ops/reductions/channel_sum.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

template <typename T>
void channel_sum(const Call& call) {
  const Planes planes(call.input_shape(0));
  const T* x = call.input<T>(0);
  T* y = call.output<T>();
  parallel_for(planes.channels, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      double sum = 0;
      for (int64_t n = 0; n < planes.batch; ++n) {
        for (int64_t i = 0; i < planes.area; ++i) sum += double{x[planes.at(n, c) + i]};
      }
      y[c] = static_cast<T>(sum);
    }
  });
}

}  // namespace

std::vector<LoopedOp> channel_sum_loops() {
  return {{&channel_sum_op(), {channel_sum<float>, channel_sum<double>, channel_sum<BFloat16>, channel_sum<Float16>}}};
}

}  // namespace residual::reference
