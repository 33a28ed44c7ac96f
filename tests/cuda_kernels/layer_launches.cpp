// Batch norm, pooling, linear layers, dropout.
#include "backend/cuda/kernels/layers/dropout.h"
#include "backend/cuda/kernels/layers/fold_batch_norm.h"
#include "backend/cuda/kernels/layers/matrix_product.h"
#include "backend/cuda/kernels/layers/moments.h"
#include "backend/cuda/kernels/layers/normalize.h"
#include "backend/cuda/kernels/layers/normalize_backward.h"
#include "backend/cuda/kernels/pooling/avg_pool.h"
#include "backend/cuda/kernels/pooling/global_avg_pool.h"
#include "backend/cuda/kernels/pooling/max_pool.h"
#include "backend/cuda/kernels/reductions/channel_sum.h"
#include "cuda_kernels/op_launches.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/dropout.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/channel_sum.h"

namespace residual::cuda::kernels::tests {
namespace {

void moments(OpRun& run) {
  const int64_t rows = rows_of(run.x()), channels = run.x()[1];
  launch_moments(nullptr, run.type(), run.in(), run.out<float>(0), run.out<float>(1), run.out<float>(2),
                 run.scratch(moments_scratch(rows, channels)), rows, channels);
}

void normalize(OpRun& run) {
  const Statistics statistics{run.in<float>(1), run.in<float>(2), run.in<float>(3), run.in<float>(4),
                              run.attributes<NormalizeAttrs>().eps};
  launch_normalize(nullptr, run.type(), {.x = run.in(), .statistics = statistics, .y = run.out()}, rows_of(run.x()), run.x()[1]);
}

void backward_reduce(OpRun& run) {
  const int64_t rows = rows_of(run.x()), channels = run.x()[1];
  const BackwardCall call{
      .dy = run.in(0),
      .dy_addend = nullptr,
      .x = run.in(1),
      .y = nullptr,
      .statistics = {run.in<float>(2), run.in<float>(3), nullptr, nullptr, run.attributes<NormalizeAttrs>().eps}};
  launch_normalize_backward_reduce(nullptr, run.type(), call, nullptr, run.out<float>(0), run.out<float>(1),
                                   run.scratch(normalize_backward_scratch(rows, channels)), rows, channels);
}

void backward_apply(OpRun& run) {
  const auto& attributes = run.attributes<NormalizeBackwardApplyAttrs>();
  const BackwardCall call{.dy = run.in(0),
                          .dy_addend = nullptr,
                          .x = run.in(1),
                          .y = nullptr,
                          .statistics = {run.in<float>(2), run.in<float>(3), run.in<float>(4), nullptr, attributes.eps},
                          .through_moments = attributes.through_moments};
  launch_normalize_backward_apply(nullptr, run.type(), call, run.in<float>(5), run.in<float>(6), run.out(), rows_of(run.x()),
                                  run.x()[1]);
}

void fold(OpRun& run) {
  const Statistics statistics{run.in<float>(1), run.in<float>(2), run.in<float>(3), run.in<float>(4),
                              run.attributes<NormalizeAttrs>().eps};
  launch_fold_batch_norm(nullptr, run.type(),
                         {run.in(), run.inputs.size() == 6 ? run.in(5) : nullptr, statistics, run.out(0), run.out(1), run.x()[0],
                          run.x().elements() / run.x()[0]});
}

Windows windows_of(const Shape& x, const Shape& y, const PoolAttrs& pool) {
  return {x[0],
          x[1],
          {x[2], y[2], pool.kernel.height, pool.stride.height, 1, pool.padding.height, pool.padding.height},
          {x[3], y[3], pool.kernel.width, pool.stride.width, 1, pool.padding.width, pool.padding.width}};
}

Windows windows_of(const Shape& x, const PartialPoolAttrs& pool) {
  return {
      x[0],
      x[1],
      {x[2], pool.output.height, pool.kernel.height, pool.stride.height, pool.dilation.height, pool.before.height,
       pool.after.height},
      {x[3], pool.output.width, pool.kernel.width, pool.stride.width, pool.dilation.width, pool.before.width, pool.after.width}};
}

Windows adaptive_windows(const Shape& x, const Shape& y) {
  return {x[0], x[1], {.size = x[2], .output = y[2]}, {.size = x[3], .output = y[3]}};
}

Divisor divisor(bool count_padding) {
  return count_padding ? Divisor::kPadded : Divisor::kInside;
}

std::map<const OpDef*, OpLaunch> pooling_launches() {
  return {
      {&max_pool_op(), {[](OpRun& run) {
         launch_max_pool(nullptr, run.type(), run.in(), run.out(0), run.out<int32_t>(1),
                         windows_of(run.x(), run.y(), run.attributes<PoolAttrs>()));
       }}},
      {&max_pool_backward_op(), {[](OpRun& run) {
         launch_max_pool_backward(nullptr, run.type(), run.in(0), run.in<int32_t>(1), run.out(),
                                  windows_of(run.y(), run.x(), run.attributes<MaxPoolBackwardAttrs>().pool));
       }}},
      {&avg_pool_op(), {[](OpRun& run) {
         const auto& average = run.attributes<AvgPoolAttrs>();
         launch_avg_pool(nullptr, run.type(), run.in(), run.out(), windows_of(run.x(), run.y(), average.pool),
                         divisor(average.count_padding));
       }}},
      {&avg_pool_backward_op(), {[](OpRun& run) {
         const auto& average = run.attributes<AvgPoolBackwardAttrs>().pool;
         launch_avg_pool_backward(nullptr, run.type(), run.in(), run.out(), windows_of(run.y(), run.x(), average.pool),
                                  divisor(average.count_padding));
       }}},
      {&global_avg_pool_op(), {[](OpRun& run) {
         launch_global_avg_pool(nullptr, run.type(), run.in(), run.out(), run.x()[0], run.x()[2] * run.x()[3], run.x()[1]);
       }}},
      {&global_avg_pool_backward_op(), {[](OpRun& run) {
         launch_global_avg_pool_backward(nullptr, run.type(), run.in(), run.out(), run.y()[0], run.y()[2] * run.y()[3],
                                         run.y()[1]);
       }}},
      {&adaptive_avg_pool_op(), {[](OpRun& run) {
         launch_adaptive_avg_pool(nullptr, run.type(), run.in(), run.out(), adaptive_windows(run.x(), run.y()));
       }}},
      {&adaptive_avg_pool_backward_op(), {[](OpRun& run) {
         launch_adaptive_avg_pool_backward(nullptr, run.type(), run.in(), run.out(), adaptive_windows(run.y(), run.x()));
       }}},
      {&partial_max_pool_op(), {[](OpRun& run) {
         launch_max_pool(nullptr, run.type(), run.in(), run.out(), nullptr,
                         windows_of(run.x(), run.attributes<PartialPoolAttrs>()));
       }}},
      {&partial_avg_pool_op(), {[](OpRun& run) {
         const auto& average = run.attributes<PartialAvgPoolAttrs>();
         launch_avg_pool(nullptr, run.type(), run.in(), run.out(), windows_of(run.x(), average.pool),
                         divisor(average.count_padding));
       }}},
  };
}

}  // namespace

std::map<const OpDef*, OpLaunch> layer_launches() {
  std::map<const OpDef*, OpLaunch> launches = pooling_launches();
  launches.insert({
      {&moments_op(), {moments}},
      {&normalize_op(), {normalize}},
      {&normalize_backward_reduce_op(), {backward_reduce}},
      {&normalize_backward_apply_op(), {backward_apply}},
      {&fold_batch_norm_op(), {fold}},
      {&channel_sum_op(), {[](OpRun& run) {
         const int64_t rows = rows_of(run.x()), channels = run.x()[1];
         launch_channel_sum(nullptr, run.type(), run.in(), run.out(), run.scratch(channel_sum_scratch(rows, channels)), rows,
                            channels);
       }}},
      {&linear_op(), {[](OpRun& run) {
         launch_matrix_product(nullptr, run.type(),
                               {.a = run.in(0),
                                .b = run.in(1),
                                .bias = run.inputs.size() == 3 ? run.in(2) : nullptr,
                                .y = run.out(),
                                .rows = run.y()[0],
                                .columns = run.y()[1],
                                .inner = run.x()[1],
                                .transpose_b = true});
       }}},
      {&matmul_op(), {[](OpRun& run) {
         const auto& transposed = run.attributes<MatmulAttrs>();
         launch_matrix_product(nullptr, run.type(),
                               {.a = run.in(0),
                                .b = run.in(1),
                                .y = run.out(),
                                .rows = run.y()[0],
                                .columns = run.y()[1],
                                .inner = run.x()[transposed.transpose_a ? 0 : 1],
                                .transpose_a = transposed.transpose_a,
                                .transpose_b = transposed.transpose_b});
       }}},
      {&dropout_op(), {[](OpRun& run) {
         const auto& attributes = run.attributes<DropoutAttrs>();
         const Shape& x = run.x();
         const int64_t channels = x.rank() == 4 ? x[1] : 1;
         launch_dropout(nullptr, run.type(), run.in(), run.in<int64_t>(1), run.out(),
                        {attributes.rate, attributes.layer, x[0], x.elements() / x[0] / channels, channels});
       }}},
  });
  return launches;
}

}  // namespace residual::cuda::kernels::tests
