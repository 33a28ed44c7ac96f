// The gradients of conv2d with respect to its input and its weights.
#include "backend/cpu/onednn/convolution_variants.h"
#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"

namespace residual::cpu::onednn {
namespace {

using dnnl::memory;
using From = Argument::From;

memory::desc any_weights(const ConvDims& dims) {
  return {dims.weights, memory::data_type::f32, memory::format_tag::any};
}

// oneDNN requires the descriptor of the forward pass to describe a backward pass.
dnnl::convolution_forward::primitive_desc forward_of(const ConvVariant& variant, const ConvDims& dims) {
  const dnnl::convolution_forward::desc operation(dnnl::prop_kind::forward_training, variant.algorithm, variant.src(dims),
                                                  any_weights(dims), variant.dst(dims), dims.stride, dims.dilation, dims.padding,
                                                  dims.padding);
  return {operation, engine()};
}

// Backward-data and backward-weights differ in their types only, so one template defines both patterns.
struct BackwardData {
  using Primitive = dnnl::convolution_backward_data;
  static const OpDef& op() { return conv2d_backward_data_op(); }
  // dy, weight -> dx
  static std::vector<Argument> arguments(const Primitive::primitive_desc& descriptor) {
    return {{From::kInput, DNNL_ARG_DIFF_DST, descriptor.diff_dst_desc(), 0},
            {From::kInput, DNNL_ARG_WEIGHTS, descriptor.weights_desc(), 1},
            {From::kOutput, DNNL_ARG_DIFF_SRC, descriptor.diff_src_desc(), 0}};
  }
  static void set_layouts(Implementation& implementation, const ConvVariant& variant,
                          const Primitive::primitive_desc& descriptor) {
    implementation.inputs = {variant.dst_layout, layout_of(descriptor.weights_desc())};
    implementation.outputs = {variant.src_layout};
  }
};

struct BackwardWeights {
  using Primitive = dnnl::convolution_backward_weights;
  static const OpDef& op() { return conv2d_backward_weights_op(); }
  // x, dy -> dweight
  static std::vector<Argument> arguments(const Primitive::primitive_desc& descriptor) {
    return {{From::kInput, DNNL_ARG_SRC, descriptor.src_desc(), 0},
            {From::kInput, DNNL_ARG_DIFF_DST, descriptor.diff_dst_desc(), 1},
            {From::kOutput, DNNL_ARG_DIFF_WEIGHTS, descriptor.diff_weights_desc(), 0}};
  }
  static void set_layouts(Implementation& implementation, const ConvVariant& variant,
                          const Primitive::primitive_desc& descriptor) {
    implementation.inputs = {variant.src_layout, variant.dst_layout};
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
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes[0]);
    const ConvGeometry geometry = geometry_of(graph, node);
    const ConvDims dims(geometry);
    std::vector<Implementation> result;
    for (const ConvVariant& variant : conv_variants(geometry, direction_of(node))) {
      if (variant.last_resort && !result.empty()) continue;
      try {
        const auto forward = forward_of(variant, dims);  // oneDNN reads both again at every step
        const typename Backward::Primitive::desc operation(variant.algorithm, variant.src(dims), any_weights(dims),
                                                           variant.dst(dims), dims.stride, dims.dilation, dims.padding,
                                                           dims.padding);
        typename Backward::Primitive::primitive_desc descriptor(operation, caller_scratch(), engine(), forward);
        each_primitive(descriptor, variant, geometry, 2, [&](const std::string& name) {
          result.push_back(implementation(variant, descriptor, variant.label(name)));
        });
      } catch (const dnnl::error& error) {
        decline(error);
      }
    }
    return result;
  }

 private:
  static Implementation implementation(const ConvVariant& variant, const typename Backward::Primitive::primitive_desc& descriptor,
                                       std::string label) {
    Implementation made{.label = std::move(label), .scratch_bytes = descriptor.scratchpad_desc().get_size()};
    Backward::set_layouts(made, variant, descriptor);
    std::vector<Argument> arguments = Backward::arguments(descriptor);
    arguments.push_back({From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()});
    made.build = builder_of<typename Backward::Primitive>(descriptor, std::move(arguments));
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
