// add, relu, sigmoid, their gradients, and sums followed by a relu; in any layout that all tensors share.
#include "backend/cpu/kernels/elementwise_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/elementwise/sigmoid.h"

namespace residual::cpu::kernels {
namespace {

struct Known {
  const OpDef& (*op)();
  Elementwise alone;
  std::optional<Elementwise> after_add;
};

constexpr std::array<Known, 5> kKnown{{{add_op, Elementwise::kAdd, {}},
                                       {relu_op, Elementwise::kRelu, Elementwise::kAddRelu},
                                       {relu_backward_op, Elementwise::kReluBackward, Elementwise::kAddReluBackward},
                                       {sigmoid_op, Elementwise::kSigmoid, {}},
                                       {sigmoid_backward_op, Elementwise::kSigmoidBackward, {}}}};

const Known* known(const OpDef* op) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& known) { return &known.op() == op; });
  return found == kKnown.end() ? nullptr : &*found;
}

// A layout without padding for all values: the first blocked one given, else channels-last if that is the first, else plain.
Layout shared_layout(const Shape& shape, std::span<const Layout> given) {
  if (shape.rank() != 4) return Layout::plain();
  for (const Layout& layout : given) {
    if (layout.kind == Layout::Kind::kBlocked && shape[1] % layout.block == 0) return layout;
  }
  return given[0].kind == Layout::Kind::kChannelsLast ? given[0] : Layout::plain();
}

class ElementwisePattern final : public Pattern {
 public:
  std::string_view name() const override { return "elementwise"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    const Known* op = known(node.op);
    if (op == nullptr || !is_float(graph, node)) return {};
    std::vector<Match> matches;
    const Node* add = op->after_add ? produced_by(graph, node.inputs[0], add_op()) : nullptr;
    if (add != nullptr && view.only_reader(node.inputs[0]) && (node.inputs.size() < 2 || node.inputs[1] != node.inputs[0])) {
      matches.push_back(make_match(view, fmt::format("add + {}", node.op->name), {node.inputs[0].node, last}));
    }
    matches.push_back(make_match(view, std::string(node.op->name), {last}));
    return matches;
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const Node& node = graph.node(match.nodes.back());
    const Known* op = known(node.op);
    const bool sum = match.nodes.size() == 2;
    std::vector<Value> values = sum ? graph.node(match.nodes[0]).inputs : node.inputs;
    if (sum && node.inputs.size() == 2) values.push_back(node.inputs[1]);
    std::array<size_t, 3> places{};
    for (size_t i = 0; i < values.size(); ++i) places[i] = match.input_index(values[i]);
    const Layout layout = shared_layout(node.outputs[0].shape, inputs);
    std::vector<Implementation> result;
    result.push_back({.label = "vectors " + to_string(layout),
                      .inputs = std::vector<Layout>(match.inputs.size(), layout),
                      .outputs = {layout}});
    result.back().in_place.push_back({0, 0});
    const Elementwise what = sum ? *op->after_add : op->alone;
    const int64_t count = node.outputs[0].shape.elements();
    const size_t used = values.size();
    result.back().build = [=] {
      return make_kernel([=](const KernelArgs& args) {
        ElementwiseCall call;
        for (size_t i = 0; i < used; ++i) call.in[i] = floats(args, places[i]);
        call.out[0] = floats_out(args, 0);
        elementwise(what, count, call);
      });
    };
    return result;
  }
};

}  // namespace

void add_elementwise(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<ElementwisePattern>());
}

}  // namespace residual::cpu::kernels
