#include "ops/table.h"

#include "graph/sources.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/clip.h"
#include "ops/elementwise/fake_quantize.h"
#include "ops/elementwise/multiply.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/elementwise/sqrt.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/dropout.h"
#include "ops/layers/linear.h"
#include "ops/pooling/adaptive_avg_pool.h"
#include "ops/pooling/partial_pool.h"
#include "ops/pooling/pool.h"
#include "ops/reductions/channel_sum.h"
#include "ops/reductions/reduce.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/broadcast.h"
#include "ops/shape/concat.h"
#include "ops/shape/flatten.h"
#include "ops/shape/pad_channels.h"
#include "ops/shape/slice.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"

namespace residual {

std::span<const OpDef* const> op_table() {
  // clang-format off
  static const OpDef* const table[] = {
      &input_op(), &variable_op(), &constant_op(), &assign_op(),
      &conv2d_op(), &conv2d_backward_data_op(), &conv2d_backward_weights_op(),
      &channel_sum_op(),
      &moments_op(), &normalize_op(), &normalize_backward_reduce_op(), &normalize_backward_apply_op(), &running_average_op(), &fold_batch_norm_op(),
      &relu_op(), &relu_backward_op(),
      &sigmoid_op(), &sigmoid_backward_op(),
      &clip_op(), &clip_backward_op(),
      &max_pool_op(), &max_pool_backward_op(), &avg_pool_op(), &avg_pool_backward_op(), &global_avg_pool_op(), &global_avg_pool_backward_op(),
      &adaptive_avg_pool_op(), &adaptive_avg_pool_backward_op(),
      &partial_max_pool_op(), &partial_avg_pool_op(),
      &linear_op(), &matmul_op(),
      &add_op(), &multiply_op(),
      &sqrt_op(), &sqrt_backward_op(),
      &cast_op(),
      &reduce_sum_op(), &reduce_mean_op(), &reduce_mean_backward_op(),
      &broadcast_op(),
      &concat_op(), &slice_channels_op(),
      &slice_op(), &pad_op(),
      &pad_channels_op(), &pad_channels_backward_op(),
      &flatten_op(), &unflatten_op(),
      &dropout_op(),
      &fake_quantize_op(),
      &softmax_op(), &softmax_backward_op(),
      &cross_entropy_op(), &cross_entropy_backward_op(),
      &global_norm_op(), &clip_to_norm_op(),
      &sgd_op(), &adam_op(),
  };
  // clang-format on
  return table;
}

const OpDef* find_op(std::string_view name) {
  for (const OpDef* op : op_table()) {
    if (op->name == name) return op;
  }
  return nullptr;
}

}  // namespace residual
