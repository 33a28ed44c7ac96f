#include "backend/cuda/ops/fused.h"

#include <algorithm>

#include "backend/cuda/kernels/elementwise/elementwise.h"
#include "backend/cuda/kernels/layers/normalize.h"
#include "backend/cuda/kernels/layers/normalize_backward.h"
#include "backend/cuda/present/launch.h"
#include "backend/fused_normalize.h"
#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"
#include "ops/layers/batch_norm.h"

namespace residual::cuda {
namespace {

constexpr std::initializer_list<DType> kTypes = {DType::kF32, DType::kBF16, DType::kF16};

// Every value in order_of(): statistics are plain, images channels-last.
Implementation implementation_of(const Graph& graph, const Match& match) {
  Implementation made{.label = "kernel"};
  for (const Value& value : match.inputs) made.inputs.push_back(order_of(graph.shape(value)));
  for (const Value& value : match.outputs) made.outputs.push_back(order_of(graph.shape(value)));
  return made;
}

kernels::Statistics statistics_of(const KernelArgs& args, const StatisticsInputs& inputs) noexcept {
  const auto at = [&](size_t index) {
    return index == StatisticsInputs::kNone ? nullptr : reinterpret_cast<const float*>(args.inputs[index]);
  };
  return {at(inputs.mean), at(inputs.variance), at(inputs.gamma), at(inputs.beta), inputs.eps};
}

class NormalizePattern final : public Pattern {
 public:
  std::string_view name() const override { return "fused_normalize"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override { return normalize_matches(view, last, kTypes); }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const FusedNormalize fused = fused_normalize(graph, match);
    const TensorType& type = fused.normalize->outputs[0];
    const size_t x = match.input_index(fused.normalize->inputs[0]);
    const size_t addend = fused.addend ? match.input_index(*fused.addend) : x;
    Implementation made = implementation_of(graph, match);
    if (addend != x) made.in_place.push_back({static_cast<int>(addend), 0});  // not x, which the backward pass reads again
    const StatisticsInputs own(match, *fused.normalize);
    const StatisticsInputs other = fused.other ? StatisticsInputs(match, *fused.other) : StatisticsInputs();
    const bool sum = fused.addend.has_value(), both = fused.other != nullptr, relu = fused.relu;
    made.build = [=, dtype = type.dtype, rows = Matrix(type.shape)] {
      return make_kernel([=](const KernelArgs& args) {
        const kernels::NormalizeCall call{.x = args.inputs[x],
                                          .statistics = statistics_of(args, own),
                                          .addend = sum ? args.inputs[addend] : nullptr,
                                          .addend_normalized = both,
                                          .addend_statistics = statistics_of(args, other),
                                          .relu = relu,
                                          .y = args.outputs[0]};
        kernels::launch_normalize(stream_of(args).handle(), dtype, call, rows.rows, rows.channels);
        return stream_of(args).launched();
      });
    };
    return {std::move(made)};
  }
};

kernels::Mask mask_of(ReluMask mask) {
  switch (mask) {
    case ReluMask::kNone: return kernels::Mask::kNone;
    case ReluMask::kOutput: return kernels::Mask::kOutput;
    case ReluMask::kRecomputed: return kernels::Mask::kRecomputed;
  }
  return kernels::Mask::kNone;
}

// Where a backward kernel finds its values; kNone where it has none of that kind.
struct BackwardPlaces {
  static constexpr size_t kNone = StatisticsInputs::kNone;
  size_t dy, dy_addend = kNone, x, y = kNone;
  StatisticsInputs statistics;
  size_t dgamma, dbeta;     // outputs where the match reduces, else inputs
  size_t gradient = kNone;  // dx, or the stored dz: an output
  bool reduces, applies, through_moments;
  kernels::Mask mask;

  BackwardPlaces(const Match& match, const FusedNormalizeBackward& fused)
      : dy(match.input_index(fused.dy)),
        dy_addend(place(match, fused.dy_addend)),
        x(match.input_index(fused.x)),
        reduces(fused.reduce != nullptr),
        applies(fused.apply != nullptr),
        through_moments(fused.through_moments()),
        mask(mask_of(fused.mask)) {
    if (fused.mask == ReluMask::kOutput) y = place(match, fused.y);
    statistics.mean = match.input_index(fused.mean), statistics.variance = match.input_index(fused.variance);
    statistics.gamma = place(match, fused.gamma), statistics.beta = place(match, fused.beta);
    statistics.eps = fused.eps();
    dgamma = reduces ? match.output_index({fused.reduce_id, 0}) : match.input_index(fused.apply->inputs[5]);
    dbeta = reduces ? match.output_index({fused.reduce_id, 1}) : match.input_index(fused.apply->inputs[6]);
    if (applies) gradient = match.output_index({fused.apply_id});
    if (fused.stores(match)) gradient = match.output_index({fused.relu_id});
  }

  static size_t place(const Match& match, const std::optional<Value>& value) { return value ? match.input_index(*value) : kNone; }

  kernels::BackwardCall call(const KernelArgs& args) const noexcept {
    const auto at = [&](size_t place) -> const void* { return place == kNone ? nullptr : args.inputs[place]; };
    return {.dy = at(dy),
            .dy_addend = at(dy_addend),
            .x = at(x),
            .y = at(y),
            .statistics = statistics_of(args, statistics),
            .mask = mask,
            .through_moments = through_moments};
  }
};

class NormalizeBackwardPattern final : public Pattern {
 public:
  std::string_view name() const override { return "fused_normalize_backward"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    return normalize_backward_matches(view, last, kTypes);
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const FusedNormalizeBackward fused = fused_normalize_backward(graph, match.nodes);
    const BackwardPlaces places(match, fused);
    const Matrix rows(graph.shape(fused.x));
    Implementation made = implementation_of(graph, match);
    if (places.reduces) made.scratch_bytes = kernels::normalize_backward_scratch(rows.rows, rows.channels);
    // The gradient takes dy's memory, but not where x or y are the same value.
    if (places.gradient != BackwardPlaces::kNone && places.dy != places.x && places.dy != places.y)
      made.in_place.push_back({static_cast<int>(places.dy), static_cast<int>(places.gradient)});
    made.build = [places, rows, type = graph.type(fused.x).dtype] {
      return make_kernel([=](const KernelArgs& args) { return run(args, places, rows, type); });
    };
    return {std::move(made)};
  }

 private:
  static KernelStatus run(const KernelArgs& args, const BackwardPlaces& places, const Matrix& rows, DType type) noexcept {
    const kernels::BackwardCall call = places.call(args);
    const cudaStream_t stream = stream_of(args).handle();
    const auto output = [&](size_t place) { return reinterpret_cast<float*>(args.outputs[place]); };
    if (places.reduces) {
      void* dz = places.applies || places.gradient == BackwardPlaces::kNone ? nullptr : args.outputs[places.gradient];
      kernels::launch_normalize_backward_reduce(stream, type, call, dz, output(places.dgamma), output(places.dbeta), args.scratch,
                                                rows.rows, rows.channels);
    }
    if (places.applies) {
      const auto sums = [&](size_t place) {
        return places.reduces ? output(place) : reinterpret_cast<const float*>(args.inputs[place]);
      };
      kernels::launch_normalize_backward_apply(stream, type, call, sums(places.dgamma), sums(places.dbeta),
                                               args.outputs[places.gradient], rows.rows, rows.channels);
    }
    return stream_of(args).launched();
  }
};

class SumPattern final : public Pattern {
 public:
  std::string_view name() const override { return "fused_sum"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if ((node.op != &relu_op() && node.op != &relu_backward_op()) || !has_types(graph, node, kTypes)) return {};
    const Value sum = node.inputs[0];
    const bool inner = produced_by(graph, sum, add_op()) != nullptr && view.only_reader(sum);
    if (!inner || (node.inputs.size() == 2 && node.inputs[1] == sum)) return {};
    return {make_match(view, fmt::format("add + {}", node.op->name), {sum.node, last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& add = graph.node(match.nodes[0]);
    const Node& last = graph.node(match.nodes[1]);
    std::vector<size_t> places{match.input_index(add.inputs[0]), match.input_index(add.inputs[1])};
    const bool backward = last.op == &relu_backward_op();
    if (backward) places.push_back(match.input_index(last.inputs[1]));
    Implementation made = implementation_of(graph, match);
    if (std::ranges::count(places, places[0]) == 1) made.in_place.push_back({static_cast<int>(places[0]), 0});
    made.build = [places, backward, type = last.outputs[0].dtype, count = last.outputs[0].shape.elements()] {
      return launching(places, [=](const Launch& l) {
        if (backward)
          kernels::launch_add_relu_backward(l.stream(), type, l.in(0), l.in(1), l.in(2), l.out(), count);
        else
          kernels::launch_add_relu(l.stream(), type, l.in(0), l.in(1), l.out(), count);
      });
    };
    return {std::move(made)};
  }
};

}  // namespace

std::unique_ptr<Pattern> fused_normalize_pattern() {
  return std::make_unique<NormalizePattern>();
}

std::unique_ptr<Pattern> fused_normalize_backward_pattern() {
  return std::make_unique<NormalizeBackwardPattern>();
}

std::unique_ptr<Pattern> fused_sum_pattern() {
  return std::make_unique<SumPattern>();
}

}  // namespace residual::cuda
