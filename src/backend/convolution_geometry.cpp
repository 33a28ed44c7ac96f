#include "backend/convolution_geometry.h"

namespace residual {
namespace {

bool has_empty_window(int64_t src, int64_t kernel, int64_t dst, int64_t stride, int64_t dilation, int64_t padding) {
  const int64_t reach = dilation * (kernel - 1) + 1, last = (dst - 1) * stride - padding;
  return padding >= reach || last >= src;
}

}  // namespace

bool ConvGeometry::suits_winograd() const noexcept {
  return !is_grouped() && weight[2] == 3 && weight[3] == 3 && conv.stride == Size2{1, 1} && conv.dilation == Size2{1, 1};
}

bool ConvGeometry::has_empty_windows() const noexcept {
  return has_empty_window(src[2], weight[2], dst[2], conv.stride.height, conv.dilation.height, conv.padding.height) ||
         has_empty_window(src[3], weight[3], dst[3], conv.stride.width, conv.dilation.width, conv.padding.width);
}

ConvDirection direction_of(const Node& node) {
  return node.op == &conv2d_backward_data_op()      ? ConvDirection::kBackwardData
         : node.op == &conv2d_backward_weights_op() ? ConvDirection::kBackwardWeights
                                                    : ConvDirection::kForward;
}

ConvGeometry geometry_of(const Graph& graph, const Node& node) {
  const auto shape = [&](size_t input) { return graph.shape(node.inputs[input]); };
  const Shape& output = node.outputs[0].shape;
  switch (direction_of(node)) {
    case ConvDirection::kForward: return {shape(0), shape(1), output, node.attributes.as<Conv2dAttrs>()};
    case ConvDirection::kBackwardData:  // dy, weight -> dx
      return {output, shape(1), shape(0), node.attributes.as<Conv2dBackwardDataAttrs>().conv};
    case ConvDirection::kBackwardWeights:  // x, dy -> dweight
      return {shape(0), output, shape(1), node.attributes.as<Conv2dBackwardWeightsAttrs>().conv};
  }
  return {};
}

}  // namespace residual
