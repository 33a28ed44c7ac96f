// Dropout, and products of matrices that cuDNN declines.
#include "backend/cuda/kernels/layers/dropout.h"
#include "backend/cuda/kernels/layers/matrix_product.h"
#include "backend/cuda/ops/node_rule.h"
#include "ops/layers/dropout.h"
#include "ops/layers/linear.h"

namespace residual::cuda {
namespace {

// x, key -> y
std::optional<NodeKernel> dropout_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const Shape& x = node.in(0);
  const auto& [rate, layer] = node.attributes<DropoutAttrs>();
  kernels::DropoutCall call{.rate = rate, .layer = layer, .batch = x[0]};
  call.channels = x.rank() == 4 ? x[1] : 1;
  call.area = x.elements() / x[0] / call.channels;
  return NodeKernel{
      .run = [type,
              call](const Launch& l) { kernels::launch_dropout(l.stream(), type, l.in(0), l.in<int64_t>(1), l.out(), call); },
      .in_place = {{0, 0}}};
}

std::optional<NodeKernel> product_kernel(const NodeView& node) {
  const DType type = node.out_type();
  if (!is_computed(type)) return std::nullopt;
  const bool linear = node.node.op == &linear_op(), bias = node.inputs() == 3;
  const MatmulAttrs transposed = linear ? MatmulAttrs{false, true} : node.attributes<MatmulAttrs>();
  kernels::MatrixProduct product{};
  product.rows = node.out()[0];
  product.columns = node.out()[1];
  product.inner = node.in(0)[transposed.transpose_a ? 0 : 1];
  product.transpose_a = transposed.transpose_a;
  product.transpose_b = transposed.transpose_b;
  return NodeKernel{.run = [type, product, bias](const Launch& l) {
    kernels::MatrixProduct call = product;
    call.a = l.in(0), call.b = l.in(1), call.bias = bias ? l.in(2) : nullptr, call.y = l.out();
    kernels::launch_matrix_product(l.stream(), type, call);
  }};
}

}  // namespace

NodeRules layer_rules() {
  return {{&dropout_op(), dropout_kernel}, {&linear_op(), product_kernel}, {&matmul_op(), product_kernel}};
}

}  // namespace residual::cuda
