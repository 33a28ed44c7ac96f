// The gradient of batch normalisation with the ops around it (backend/fused_normalize.h): two passes, or one where dz is stored.
#include "backend/cpu/kernels/batch_norm_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"

namespace residual::cpu::kernels {
namespace {

constexpr size_t kFloat = sizeof(float);

class NormalizeBackwardPattern final : public Pattern {
 public:
  std::string_view name() const override { return "normalize_backward"; }
  std::vector<Match> match(const GraphView& view, NodeId last) const override { return normalize_backward_matches(view, last); }
  std::vector<Implementation> implementations(const Graph& graph, const Match& match,
                                              std::span<const Layout> inputs) const override;
};

std::vector<Implementation> NormalizeBackwardPattern::implementations(const Graph& graph, const Match& match,
                                                                      std::span<const Layout> inputs) const {
  const FusedNormalizeBackward subgraph = fused_normalize_backward(graph, match.nodes);
  const Shape& shape = graph.shape(subgraph.x);
  const size_t dy = match.input_index(subgraph.dy), x = match.input_index(subgraph.x), mean = match.input_index(subgraph.mean),
               variance = match.input_index(subgraph.variance);
  const auto optional_index = [&](const std::optional<Value>& value) {
    return value ? static_cast<int>(match.input_index(*value)) : -1;
  };
  const int dy_addend = optional_index(subgraph.dy_addend), gamma = optional_index(subgraph.gamma),
            beta = optional_index(subgraph.beta), y = subgraph.mask == Mask::kOutput ? optional_index(subgraph.y) : -1;
  const Layout layout = row_layout(shape, std::array<Layout, 2>{inputs[x], inputs[dy]});
  const Rows rows = rows_of(shape, layout);
  std::vector<Implementation> result;
  result.push_back({.label = "normalize_backward " + to_string(layout),
                    .inputs = std::vector<Layout>(match.inputs.size()),
                    .outputs = std::vector<Layout>(match.outputs.size()),
                    .scratch_bytes = kFloat * backward_scratch(rows)});
  Implementation& made = result.back();
  made.inputs[x] = made.inputs[dy] = layout;
  for (const int place : {dy_addend, y}) {
    if (place >= 0) made.inputs[static_cast<size_t>(place)] = layout;
  }
  const bool reduces = subgraph.reduce != nullptr, applies = subgraph.apply != nullptr, stores = subgraph.stores(match);
  // dx, or the stored dz.
  const size_t gradient = applies ? match.output_index({subgraph.apply_id}) : stores ? match.output_index({subgraph.relu_id}) : 0;
  if (applies || stores) {
    made.outputs[gradient] = layout;
    made.in_place.push_back({static_cast<int>(dy), static_cast<int>(gradient)});
  }
  const Mask mask = subgraph.mask;
  const double eps = subgraph.eps();
  const bool through_moments = subgraph.through_moments();
  // dgamma and dbeta: written where this match reduces, else read.
  const size_t dgamma_index =
      reduces ? match.output_index({subgraph.reduce_id, 0}) : match.input_index(subgraph.apply->inputs[5]);
  const size_t dbeta_index = reduces ? match.output_index({subgraph.reduce_id, 1}) : match.input_index(subgraph.apply->inputs[6]);
  made.build = [=] {
    return make_kernel([=](const KernelArgs& args) {
      const auto optional = [&](int place) { return place >= 0 ? floats(args, static_cast<size_t>(place)) : nullptr; };
      const BackwardCall call{floats(args, dy),
                              optional(dy_addend),
                              floats(args, x),
                              optional(y),
                              {floats(args, mean), floats(args, variance), optional(gamma), optional(beta), eps},
                              mask,
                              through_moments};
      float* scratch = reinterpret_cast<float*>(args.scratch);
      if (reduces)
        backward_reduce(rows, call, stores ? floats_out(args, gradient) : nullptr, floats_out(args, dgamma_index),
                        floats_out(args, dbeta_index), scratch);
      if (!applies) return;
      const float* dgamma = reduces ? floats_out(args, dgamma_index) : floats(args, dgamma_index);
      const float* dbeta = reduces ? floats_out(args, dbeta_index) : floats(args, dbeta_index);
      backward_apply(rows, call, dgamma, dbeta, floats_out(args, gradient), scratch);
    });
  };
  return result;
}

}  // namespace

void add_normalize_backward(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<NormalizeBackwardPattern>());
}

}  // namespace residual::cpu::kernels
