// moments, and normalize with subsequent ops: "+ relu", "+ add", "+ add + relu", also with both sides of the sum normalized (a
// block with a projection). He et al. 2015, figure 2: a block ends in normalize + add + relu.
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/layers/batch_norm.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

class MomentsPattern final : public Pattern {
 public:
  std::string_view name() const override { return "moments"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &moments_op() || !is_float(view.graph(), node)) return {};
    return {make_match(view, "moments", {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const Shape& shape = graph.shape(match.inputs[0]);
    const Layout layout = row_layout(shape, inputs);
    const Rows rows = rows_of(shape, layout);
    std::vector<Implementation> result;
    result.push_back({.label = "moments " + to_string(layout),
                      .inputs = {layout},
                      .outputs = std::vector<Layout>(3),
                      .scratch_bytes = kFloat * moments_scratch(rows)});
    result.back().build = [rows] {
      return make_kernel([rows](const KernelArgs& args) {
        moments(rows, floats(args, 0), floats_out(args, 0), floats_out(args, 1), floats_out(args, 2),
                reinterpret_cast<float*>(args.scratch));
      });
    };
    return result;
  }
};

Statistics statistics_of(const KernelArgs& args, const StatisticsInputs& inputs) noexcept {
  return {floats(args, inputs.mean), floats(args, inputs.variance), floats(args, inputs.gamma), floats(args, inputs.beta),
          inputs.eps};
}

class NormalizePattern final : public Pattern {
 public:
  std::string_view name() const override { return "normalize"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override { return normalize_matches(view, last); }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override {
    const FusedNormalize subgraph = fused_normalize(graph, match);
    const Shape& shape = subgraph.normalize->outputs[0].shape;
    const size_t x = match.input_index(subgraph.normalize->inputs[0]);
    const size_t addend = subgraph.addend ? match.input_index(*subgraph.addend) : x;
    const std::array<Layout, 2> given{inputs[x], inputs[addend]};
    const Layout layout = row_layout(shape, given);
    const Rows rows = rows_of(shape, layout);
    std::vector<Implementation> result;
    result.push_back({.label = "normalize " + to_string(layout),
                      .inputs = std::vector<Layout>(match.inputs.size()),
                      .outputs = {layout},
                      .scratch_bytes = kFloat * normalize_scratch(rows)});
    Implementation& made = result.back();
    made.inputs[x] = made.inputs[addend] = layout;
    made.in_place.push_back({static_cast<int>(addend), 0});  // not x, which the backward pass reads again
    const StatisticsInputs own(match, *subgraph.normalize), other(match, subgraph.other ? *subgraph.other : *subgraph.normalize);
    const bool has_addend = subgraph.addend.has_value(), addend_normalized = subgraph.other != nullptr, relu = subgraph.relu;
    made.build = [=] {
      return make_kernel([=](const KernelArgs& args) {
        const NormalizeCall call{floats(args, x),    statistics_of(args, own),   has_addend ? floats(args, addend) : nullptr,
                                 addend_normalized,  statistics_of(args, other), relu,
                                 floats_out(args, 0)};
        normalize(rows, call, reinterpret_cast<float*>(args.scratch));
      });
    };
    return result;
  }
};

}  // namespace

void add_normalize(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<NormalizePattern>());
  patterns.push_back(std::make_unique<MomentsPattern>());
}

}  // namespace residual::cpu::kernels
