// The gradients of conv2d by its input and by its weights.
#include "backend/cpu/onednn/convolution.h"
#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"

namespace residual::cpu::onednn {
namespace {

using dnnl::memory;
using From = Argument::From;

memory::desc any_weights(const ConvGeometry& geometry) {
  return {geometry.weights, memory::data_type::f32, memory::format_tag::any};
}

// oneDNN wants to see the forward pass that a backward pass belongs to.
dnnl::convolution_forward::primitive_desc forward_of(const ConvWay& way, const ConvGeometry& geometry) {
  const dnnl::convolution_forward::desc operation(dnnl::prop_kind::forward_training, way.algorithm, way.src(geometry),
                                                  any_weights(geometry), way.dst(geometry), geometry.stride, geometry.dilation,
                                                  geometry.padding, geometry.padding);
  return {operation, engine()};
}

// Backward-data and backward-weights differ in their types only: two patterns from one pattern.
struct BackwardData {
  using Primitive = dnnl::convolution_backward_data;
  static constexpr Direction kDirection = Direction::kBackwardData;
  static const OpDef& op() { return conv2d_backward_data_op(); }
  static ConvGeometry geometry(const Graph& graph, const Node& node) {
    return {node.outputs[0].shape, graph.shape(node.inputs[1]), graph.shape(node.inputs[0]),
            node.attributes.as<Conv2dBackwardDataAttrs>().conv};
  }
  // dy, weight -> dx
  static std::vector<Argument> arguments(const Primitive::primitive_desc& descriptor) {
    return {{From::kInput, DNNL_ARG_DIFF_DST, descriptor.diff_dst_desc(), 0},
            {From::kInput, DNNL_ARG_WEIGHTS, descriptor.weights_desc(), 1},
            {From::kOutput, DNNL_ARG_DIFF_SRC, descriptor.diff_src_desc(), 0}};
  }
  static void set_layouts(Implementation& implementation, const ConvWay& way, const Primitive::primitive_desc& descriptor) {
    implementation.inputs = {way.dst_layout, layout_of(descriptor.weights_desc())};
    implementation.outputs = {way.src_layout};
  }
};

struct BackwardWeights {
  using Primitive = dnnl::convolution_backward_weights;
  static constexpr Direction kDirection = Direction::kBackwardWeights;
  static const OpDef& op() { return conv2d_backward_weights_op(); }
  static ConvGeometry geometry(const Graph& graph, const Node& node) {
    return {graph.shape(node.inputs[0]), node.outputs[0].shape, graph.shape(node.inputs[1]),
            node.attributes.as<Conv2dBackwardWeightsAttrs>().conv};
  }
  // x, dy -> dweight
  static std::vector<Argument> arguments(const Primitive::primitive_desc& descriptor) {
    return {{From::kInput, DNNL_ARG_SRC, descriptor.src_desc(), 0},
            {From::kInput, DNNL_ARG_DIFF_DST, descriptor.diff_dst_desc(), 1},
            {From::kOutput, DNNL_ARG_DIFF_WEIGHTS, descriptor.diff_weights_desc(), 0}};
  }
  static void set_layouts(Implementation& implementation, const ConvWay& way, const Primitive::primitive_desc& descriptor) {
    implementation.inputs = {way.src_layout, way.dst_layout};
    implementation.outputs = {layout_of(descriptor.diff_weights_desc())};
  }
};

template <typename Backward>
class ConvolutionBackward final : public Pattern {
 public:
  std::string_view name() const override { return Backward::op().name; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &Backward::op() || !is_float(view.graph(), node) || node.inputs[0] == node.inputs[1]) return {};
    return {make_match(view.graph(), std::string(node.op->name), {last}, {node.inputs[0], node.inputs[1]}, {{last}})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const ConvGeometry geometry = Backward::geometry(graph, graph.node(match.nodes[0]));
    std::vector<Implementation> result;
    for (const ConvWay& way : conv_ways(geometry, Backward::kDirection)) {
      if (way.last_resort && !result.empty()) continue;
      try {
        const auto forward = forward_of(way, geometry);  // oneDNN reads both again at every step
        const typename Backward::Primitive::desc operation(way.algorithm, way.src(geometry), any_weights(geometry),
                                                           way.dst(geometry), geometry.stride, geometry.dilation,
                                                           geometry.padding, geometry.padding);
        typename Backward::Primitive::primitive_desc descriptor(operation, caller_scratch(), engine(), forward);
        each_primitive(descriptor, way, geometry, 2,
                       [&](const std::string& name) { result.push_back(implementation(way, descriptor, way.label(name))); });
      } catch (const dnnl::error&) {  // this processor or library does not have it
      }
    }
    return result;
  }

 private:
  static Implementation implementation(const ConvWay& way, const typename Backward::Primitive::primitive_desc& descriptor,
                                       std::string label) {
    Implementation made{.label = std::move(label), .scratch_bytes = descriptor.scratchpad_desc().get_size()};
    Backward::set_layouts(made, way, descriptor);
    std::vector<Argument> arguments = Backward::arguments(descriptor);
    arguments.push_back({From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()});
    made.kernel = std::make_unique<PrimitiveKernel>(typename Backward::Primitive(descriptor), arguments);
    return made;
  }
};

}  // namespace

std::unique_ptr<Pattern> convolution_backward_data_pattern() {
  return std::make_unique<ConvolutionBackward<BackwardData>>();
}

std::unique_ptr<Pattern> convolution_backward_weights_pattern() {
  return std::make_unique<ConvolutionBackward<BackwardWeights>>();
}

}  // namespace residual::cpu::onednn
