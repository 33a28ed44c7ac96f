// Max, average and global average pooling and the sum over a channel, forward and backward.
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/kernels/pool_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/reductions/channel_sum.h"

namespace residual::cpu::kernels {
namespace {

PoolGeometry geometry_of(const Shape& x, const Shape& y, const Layout& layout, const PoolAttrs& pool, bool count_padding) {
  return {rows_of(x, layout), rows_of(y, layout), {x[2], x[3]}, {y[2], y[3]}, pool, count_padding};
}

int32_t* integers_out(const KernelArgs& args, size_t output) {
  return reinterpret_cast<int32_t*>(args.outputs[output]);
}
const int32_t* integers(const KernelArgs& args, size_t input) {
  return reinterpret_cast<const int32_t*>(args.inputs[input]);
}

// Positions in a window are stored as float32, exact up to 2^24.
bool counts_exactly(const PoolAttrs& pool) {
  return pool.kernel.height < (1 << 12) && pool.kernel.width < (1 << 12);
}

bool supports(const Node& node) {
  if (node.op == &max_pool_op()) return counts_exactly(node.attributes.as<PoolAttrs>());
  if (node.op == &max_pool_backward_op()) return counts_exactly(node.attributes.as<MaxPoolBackwardAttrs>().pool);
  return node.op == &avg_pool_op() || node.op == &avg_pool_backward_op() || node.op == &global_avg_pool_op() ||
         node.op == &global_avg_pool_backward_op() || node.op == &channel_sum_op();
}

std::unique_ptr<const Kernel> window_kernel(const Node& node, const Shape& input, const Layout& layout) {
  const Shape& output = node.outputs[0].shape;
  if (node.op == &max_pool_op()) {
    const PoolGeometry g = geometry_of(input, output, layout, node.attributes.as<PoolAttrs>(), true);
    return make_kernel([g](const KernelArgs& args) { max_pool(g, floats(args, 0), floats_out(args, 0), integers_out(args, 1)); });
  }
  if (node.op == &max_pool_backward_op()) {
    const PoolGeometry g = geometry_of(output, input, layout, node.attributes.as<MaxPoolBackwardAttrs>().pool, true);
    return make_kernel(
        [g](const KernelArgs& args) { max_pool_backward(g, floats(args, 0), integers(args, 1), floats_out(args, 0)); });
  }
  if (node.op == &avg_pool_op()) {
    const auto& average = node.attributes.as<AvgPoolAttrs>();
    const PoolGeometry g = geometry_of(input, output, layout, average.pool, average.count_padding);
    return make_kernel([g](const KernelArgs& args) { avg_pool(g, floats(args, 0), floats_out(args, 0)); });
  }
  const auto& average = node.attributes.as<AvgPoolBackwardAttrs>().pool;
  const PoolGeometry g = geometry_of(output, input, layout, average.pool, average.count_padding);
  return make_kernel([g](const KernelArgs& args) { avg_pool_backward(g, floats(args, 0), floats_out(args, 0)); });
}

std::unique_ptr<const Kernel> whole_kernel(const OpDef* op, const Rows& rows) {
  if (op == &global_avg_pool_op())
    return make_kernel([rows](const KernelArgs& args) { global_avg_pool(rows, floats(args, 0), floats_out(args, 0)); });
  if (op == &global_avg_pool_backward_op())
    return make_kernel([rows](const KernelArgs& args) { global_avg_pool_backward(rows, floats(args, 0), floats_out(args, 0)); });
  return make_kernel([rows](const KernelArgs& args) {
    channel_sum(rows, floats(args, 0), floats_out(args, 0), reinterpret_cast<float*>(args.scratch));
  });
}

class PoolPattern final : public Pattern {
 public:
  std::string_view name() const override { return "pool"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    const bool fits = supports(node) && node.outputs[0].dtype == DType::kF32 && node.outputs[0].shape.elements() > 0 &&
                      graph.type(node.inputs[0]).dtype == DType::kF32 && graph.shape(node.inputs[0]).elements() > 0;
    if (!fits) return {};
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const Node& node = graph.node(match.nodes[0]);
    const Shape &input = graph.shape(node.inputs[0]), &output = node.outputs[0].shape;
    std::vector<Implementation> result;
    result.push_back(
        {.label = "", .inputs = std::vector<Layout>(match.inputs.size()), .outputs = std::vector<Layout>(match.outputs.size())});
    Implementation& made = result.back();
    Layout layout = row_layout(input, inputs);
    if (node.op == &global_avg_pool_backward_op()) {
      made.outputs[0] = layout = image_layout(output);
      made.build = [op = node.op, rows = rows_of(output, layout)] { return whole_kernel(op, rows); };
    } else if (node.op == &global_avg_pool_op() || node.op == &channel_sum_op()) {
      made.inputs[0] = layout;
      const Rows rows = rows_of(input, layout);
      if (node.op == &channel_sum_op()) made.scratch_bytes = sizeof(float) * backward_scratch(rows);
      made.build = [op = node.op, rows] { return whole_kernel(op, rows); };
    } else {
      std::fill(made.inputs.begin(), made.inputs.end(), layout);
      std::fill(made.outputs.begin(), made.outputs.end(), layout);
      made.build = [node, input, layout] { return window_kernel(node, input, layout); };
    }
    made.label = "vectors " + to_string(layout);
    return result;
  }
};

}  // namespace

void add_pool(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<PoolPattern>());
}

}  // namespace residual::cpu::kernels
