// conv2d with the ops that follow it: "+ add", "+ relu", "+ add + relu", where no other node reads the values between them.
#include "backend/cpu/onednn/convolution.h"
#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"

namespace residual::cpu::onednn {
namespace {

using From = Argument::From;

struct Fused {
  NodeId conv = -1;
  std::optional<NodeId> add, relu;
  std::optional<Value> addend;  ///< the other input of the add
};

// The convolution that produces `value`, if only `reader` reads it.
std::optional<NodeId> inner_convolution(const GraphView& view, Value value) {
  const Graph& graph = view.graph();
  const bool fits =
      produced_by(graph, value, conv2d_op()) != nullptr && is_float(graph, graph.node(value.node)) && view.only_reader(value);
  return fits ? std::optional(value.node) : std::nullopt;
}

// oneDNN 2.6's brgconv omits the sum at positions whose window covers only padding.
bool can_sum(const Graph& graph, const Node& conv) {
  return !geometry_of(graph, conv).has_empty_windows();
}

// conv + add: either side may be the convolution.
void find_sums(const GraphView& view, NodeId add, std::optional<NodeId> relu, std::vector<Fused>& found) {
  const Node& node = view.graph().node(add);
  for (size_t side = 0; side < 2; ++side) {
    const auto conv = inner_convolution(view, node.inputs[side]);
    const Value addend = node.inputs[1 - side];
    if (!conv || addend == node.inputs[side] || !can_sum(view.graph(), view.graph().node(*conv))) continue;
    // The sum is accumulated in the addend's memory, which therefore must not be the convolution's own input.
    const auto& own = view.graph().node(*conv).inputs;
    if (std::find(own.begin(), own.end(), addend) == own.end()) found.push_back({*conv, add, relu, addend});
  }
}

std::vector<Fused> find_fused(const GraphView& view, NodeId last) {
  const Graph& graph = view.graph();
  const Node& node = graph.node(last);
  std::vector<Fused> found;
  if (node.op == &conv2d_op() && is_float(graph, node)) found.push_back({last, {}, {}, {}});
  if (node.op == &add_op()) find_sums(view, last, {}, found);
  if (node.op == &relu_op()) {
    if (const auto conv = inner_convolution(view, node.inputs[0])) found.push_back({*conv, {}, last, {}});
    if (produced_by(graph, node.inputs[0], add_op()) != nullptr && view.only_reader(node.inputs[0]))
      find_sums(view, node.inputs[0].node, last, found);
  }
  return found;
}

Match match_of(const GraphView& view, const Fused& fused) {
  std::vector<NodeId> nodes{fused.conv};
  std::string what = "conv2d";
  for (const auto& [next, name] : {std::pair{fused.add, " + add"}, std::pair{fused.relu, " + relu"}}) {
    if (!next) continue;
    nodes.push_back(*next);
    what += name;
  }
  return make_match(view, std::move(what), std::move(nodes));
}

// oneDNN's description of the forward pass of one match.
class ForwardBuilder {
 public:
  ForwardBuilder(const Graph& graph, const Match& match)
      : match_(match),
        conv_(*find_node(graph, match, conv2d_op())),
        geometry_(geometry_of(graph, conv_)),
        dims_(geometry_),
        addend_(addend_of(graph, match, conv_)),
        relu_(find_node(graph, match, relu_op()) != nullptr) {}

  std::vector<Implementation> implementations() const {
    std::vector<Implementation> result;
    for (const ConvWay& way : conv_ways(geometry_, Direction::kForward)) {
      if (way.last_resort && !result.empty()) continue;
      try {
        const auto operation = describe(way);  // oneDNN reads it again at every step
        dnnl::convolution_forward::primitive_desc descriptor(operation, attributes(), engine());
        each_primitive(descriptor, way, geometry_, 2,
                       [&](const std::string& name) { result.push_back(implementation(way, descriptor, way.label(name))); });
      } catch (const dnnl::error& error) {
        decline(error);
      }
    }
    return result;
  }

 private:
  dnnl::convolution_forward::desc describe(const ConvWay& way) const {
    using dnnl::memory;
    const memory::desc weights(dims_.weights, memory::data_type::f32, memory::format_tag::any);
    const memory::desc bias = has_bias() ? plain_descriptor({geometry_.dst_channels()}) : memory::desc();
    return {dnnl::prop_kind::forward_training,
            way.algorithm,
            way.src(dims_),
            weights,
            bias,
            way.dst(dims_),
            dims_.stride,
            dims_.dilation,
            dims_.padding,
            dims_.padding};
  }

  dnnl::primitive_attr attributes() const {
    dnnl::primitive_attr attributes = caller_scratch();
    dnnl::post_ops after;
    if (addend_) after.append_sum();
    if (relu_) after.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
    attributes.set_post_ops(after);
    return attributes;
  }

  Implementation implementation(const ConvWay& way, const dnnl::convolution_forward::primitive_desc& descriptor,
                                std::string label) const {
    Implementation made{.label = std::move(label),
                        .inputs = std::vector<Layout>(match_.inputs.size()),
                        .outputs = {way.dst_layout},
                        .scratch_bytes = descriptor.scratchpad_desc().get_size()};
    const size_t src = match_.input_place(conv_.inputs[0]), weights = match_.input_place(conv_.inputs[1]);
    made.inputs[src] = way.src_layout;
    made.inputs[weights] = layout_of(descriptor.weights_desc());
    std::vector<Argument> arguments{{From::kInput, DNNL_ARG_SRC, descriptor.src_desc(), src},
                                    {From::kInput, DNNL_ARG_WEIGHTS, descriptor.weights_desc(), weights},
                                    {From::kOutput, DNNL_ARG_DST, descriptor.dst_desc(), 0},
                                    {From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()}};
    if (has_bias())
      arguments.push_back({From::kInput, DNNL_ARG_BIAS, descriptor.bias_desc(), match_.input_place(conv_.inputs[2])});
    std::optional<SummedInput> sum;
    if (addend_) {
      const size_t addend = match_.input_place(*addend_);
      made.inputs[addend] = way.dst_layout;
      made.in_place.push_back({static_cast<int>(addend), 0});
      sum = {addend, descriptor.dst_desc().get_size()};
    }
    made.build = builder_of<dnnl::convolution_forward>(descriptor, std::move(arguments), sum);
    return made;
  }

  // The value that the match adds to the convolution, if any.
  static std::optional<Value> addend_of(const Graph& graph, const Match& match, const Node& conv) {
    const Node* add = find_node(graph, match, add_op());
    if (add == nullptr) return std::nullopt;
    return &graph.node(add->inputs[0].node) == &conv ? add->inputs[1] : add->inputs[0];
  }

  bool has_bias() const { return conv_.inputs.size() == 3; }

  const Match& match_;
  const Node& conv_;
  ConvGeometry geometry_;
  ConvDims dims_;
  std::optional<Value> addend_;
  bool relu_;
};

class ConvolutionForward final : public Pattern {
 public:
  std::string_view name() const override { return "conv2d"; }
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    std::vector<Match> matches;
    for (const Fused& fused : find_fused(view, last)) matches.push_back(match_of(view, fused));
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
