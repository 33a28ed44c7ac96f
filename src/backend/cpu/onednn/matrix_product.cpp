// linear and matmul, on plain matrices: transposition is expressed by strides.
#include "backend/cpu/onednn/patterns.h"
#include "backend/cpu/onednn/primitive.h"
#include "ops/layers/linear.h"

namespace residual::cpu::onednn {
namespace {

using dnnl::memory;
using From = Argument::From;

memory::desc matrix(const Shape& shape, bool transposed) {
  const int64_t rows = shape[0], columns = shape[1];
  if (transposed) return {{columns, rows}, memory::data_type::f32, memory::dims{1, columns}};
  return {{rows, columns}, memory::data_type::f32, memory::dims{columns, 1}};
}

class MatrixProduct final : public Pattern {
 public:
  std::string_view name() const override { return "matmul"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if ((node.op != &linear_op() && node.op != &matmul_op()) || !is_float(view.graph(), node)) return {};
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes[0]);
    const bool linear = node.op == &linear_op(), bias = node.inputs.size() == 3;
    const MatmulAttrs transposed = linear ? MatmulAttrs{false, true} : node.attributes.as<MatmulAttrs>();
    const memory::desc a = matrix(graph.shape(node.inputs[0]), transposed.transpose_a);
    const memory::desc b = matrix(graph.shape(node.inputs[1]), transposed.transpose_b);
    const memory::desc product = matrix(node.outputs[0].shape, false);
    std::vector<Implementation> result;
    try {
      const auto operation = bias ? dnnl::matmul::desc(a, b, plain_descriptor({1, node.outputs[0].shape[1]}), product)
                                  : dnnl::matmul::desc(a, b, product);
      const dnnl::matmul::primitive_desc descriptor(operation, caller_scratch(), engine());
      std::vector<Argument> arguments{{From::kInput, DNNL_ARG_SRC, a, match.input_index(node.inputs[0])},
                                      {From::kInput, DNNL_ARG_WEIGHTS, b, match.input_index(node.inputs[1])},
                                      {From::kOutput, DNNL_ARG_DST, product, 0},
                                      {From::kScratch, DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc()}};
      if (bias) arguments.push_back({From::kInput, DNNL_ARG_BIAS, descriptor.bias_desc(), match.input_index(node.inputs[2])});
      result.push_back({.label = descriptor.impl_info_str(),
                        .inputs = std::vector<Layout>(match.inputs.size()),
                        .outputs = {Layout::plain()},
                        .scratch_bytes = descriptor.scratchpad_desc().get_size()});
      result.back().build = builder_of<dnnl::matmul>(descriptor, std::move(arguments));
    } catch (const dnnl::error& error) {
      decline(error);
      result.clear();
    }
    return result;
  }
};

}  // namespace

std::unique_ptr<Pattern> matrix_product_pattern() {
  return std::make_unique<MatrixProduct>();
}

}  // namespace residual::cpu::onednn
