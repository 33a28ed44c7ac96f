// conv2d in oneDNN, with add and relu as its post-ops.
#include "backend/cpu/onednn/convolution_variants.h"
#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"
#include "backend/fused_convolution.h"

namespace residual::cpu::onednn {
namespace {

using From = Argument::From;

// oneDNN's description of the forward pass of one match.
class ForwardBuilder {
 public:
  ForwardBuilder(const Graph& graph, const Match& match)
      : inputs_(match.inputs.size()), conv_(fused_convolution(graph, match)), dims_(conv_.geometry) {}

  std::vector<Implementation> implementations() const {
    std::vector<Implementation> result;
    for (const ConvVariant& variant : conv_variants(conv_.geometry, ConvDirection::kForward)) {
      if (variant.last_resort && !result.empty()) continue;
      try {
        const auto operation = describe(variant);  // oneDNN reads it again at every step
        dnnl::convolution_forward::primitive_desc descriptor(operation, attributes(), engine());
        each_primitive(descriptor, variant, conv_.geometry, 2, [&](const std::string& name) {
          result.push_back(implementation(variant, descriptor, variant.label(name)));
        });
      } catch (const dnnl::error& error) {
        decline(error);
      }
    }
    return result;
  }

 private:
  dnnl::convolution_forward::desc describe(const ConvVariant& variant) const {
    using dnnl::memory;
    const memory::desc weights(dims_.weights, memory::data_type::f32, memory::format_tag::any);
    const memory::desc bias = conv_.bias ? plain_descriptor({conv_.geometry.dst_channels()}) : memory::desc();
    return {dnnl::prop_kind::forward_training,
            variant.algorithm,
            variant.src(dims_),
            weights,
            bias,
            variant.dst(dims_),
            dims_.stride,
            dims_.dilation,
            dims_.padding,
            dims_.padding};
  }

  dnnl::primitive_attr attributes() const {
    dnnl::primitive_attr attributes = caller_scratch();
    dnnl::post_ops after;
    if (conv_.addend) after.append_sum();
    if (conv_.relu) after.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
    attributes.set_post_ops(after);
    return attributes;
  }

  Implementation implementation(const ConvVariant& variant, const dnnl::convolution_forward::primitive_desc& descriptor,
                                std::string label) const {
    Implementation made{.label = std::move(label),
                        .inputs = std::vector<Layout>(inputs_),
                        .outputs = {variant.dst_layout},
                        .scratch_bytes = descriptor.scratchpad_desc().get_size()};
    made.inputs[conv_.src] = variant.src_layout;
    made.inputs[conv_.weight] = layout_of(descriptor.weights_desc());
    std::vector<Argument> arguments{{From::kInput, DNNL_ARG_SRC, descriptor.src_desc(), conv_.src},
                                    {From::kInput, DNNL_ARG_WEIGHTS, descriptor.weights_desc(), conv_.weight},
                                    {From::kOutput, DNNL_ARG_DST, descriptor.dst_desc(), 0},
                                    {From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()}};
    if (conv_.bias) arguments.push_back({From::kInput, DNNL_ARG_BIAS, descriptor.bias_desc(), *conv_.bias});
    std::optional<SummedInput> sum;
    if (conv_.addend) {
      made.inputs[*conv_.addend] = variant.dst_layout;
      made.in_place.push_back({static_cast<int>(*conv_.addend), 0});
      sum = {*conv_.addend, descriptor.dst_desc().get_size()};
    }
    made.build = builder_of<dnnl::convolution_forward>(descriptor, std::move(arguments), sum);
    return made;
  }

  size_t inputs_;  // of the match
  FusedConvolution conv_;
  ConvDims dims_;
};

// oneDNN 2.6's brgconv omits the sum at positions whose window covers only padding.
bool sums_wrongly(const Graph& graph, const Match& match) {
  const FusedConvolution conv = fused_convolution(graph, match);
  return conv.addend && conv.geometry.has_empty_windows();
}

class ConvolutionForward final : public Pattern {
 public:
  std::string_view name() const override { return "conv2d"; }
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    std::vector<Match> matches = convolution_matches(view, last);
    std::erase_if(matches, [&](const Match& match) { return sums_wrongly(view.graph(), match); });
    return matches;
  }
  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    return ForwardBuilder(graph, match).implementations();
  }
};

}  // namespace

std::unique_ptr<Pattern> convolution_forward_pattern() {
  return std::make_unique<ConvolutionForward>();
}

}  // namespace residual::cpu::onednn
