#include "backend/reference/reference.h"

#include <algorithm>

#include "backend/reference/loops.h"
#include "backend/reference/reorder.h"

namespace residual {
namespace {

using reference::Call;
using reference::LoopedOp;
using reference::Loops;

/// The inputs of one session in the node's order.
struct LoopState final : KernelState {
  explicit LoopState(size_t inputs) : pointers(inputs) {}
  std::vector<const std::byte*> pointers;
};

/// Runs one node: passes the match's inputs, each listed once, to the loops in the node's order.
class LoopKernel final : public Kernel {
 public:
  LoopKernel(Loops loops, Attributes attributes, std::vector<TensorType> inputs, std::vector<TensorType> outputs,
             std::vector<size_t> places)
      : loops_(loops),
        attributes_(std::move(attributes)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        places_(std::move(places)) {}

  std::unique_ptr<KernelState> make_state() const override { return std::make_unique<LoopState>(places_.size()); }

  KernelStatus run(const KernelArgs& args) const noexcept override {
    auto& pointers = static_cast<LoopState&>(*args.state).pointers;
    for (size_t i = 0; i < places_.size(); ++i) pointers[i] = args.inputs[places_[i]];
    loops_(Call{attributes_, inputs_, outputs_, pointers.data(), args.outputs, reinterpret_cast<double*>(args.scratch)});
    return {};
  }

 private:
  Loops loops_;
  Attributes attributes_;
  std::vector<TensorType> inputs_, outputs_;
  std::vector<size_t> places_;
};

/// The loops for the narrowest floating-point type that the node reads or writes; its shape rule has checked the other types.
/// Null where the op has none.
Loops loops_for(const LoopedOp& looped, const Graph& graph, const Node& node) {
  std::optional<DType> narrowest;
  const auto visit = [&](DType type) {
    if (is_float(type) && (!narrowest || size_of(type) < size_of(*narrowest))) narrowest = type;
  };
  for (const TensorType& output : node.outputs) visit(output.dtype);
  for (const Value& value : node.inputs) visit(graph.type(value).dtype);
  switch (narrowest.value_or(DType::kI64)) {
    case DType::kF32: return looped.loops.f32;
    case DType::kF64: return looped.loops.f64;
    case DType::kBF16: return looped.loops.bf16;
    case DType::kF16: return looped.loops.f16;
    default: return nullptr;
  }
}

class LoopPattern final : public Pattern {
 public:
  explicit LoopPattern(LoopedOp looped) : looped_(std::move(looped)) {}

  std::string_view name() const override { return looped_.op->name; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != looped_.op || loops_for(looped_, view.graph(), node) == nullptr) return {};
    std::vector<Value> outputs;
    for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i) outputs.push_back({last, i});
    return {make_match(view.graph(), std::string(node.op->name), {last}, node.inputs, std::move(outputs))};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes.back());
    std::vector<size_t> places;  // of the node's inputs among the match's
    std::vector<TensorType> inputs;
    for (const Value& value : node.inputs) {
      places.push_back(match.input_index(value));
      inputs.push_back(graph.type(value));
    }
    Implementation implementation{.label = "plain loops",
                                  .inputs = std::vector<Layout>(match.inputs.size()),
                                  .outputs = std::vector<Layout>(match.outputs.size())};
    if (looped_.sums != nullptr) implementation.scratch_bytes = sizeof(double) * static_cast<size_t>(looped_.sums(graph, node));
    for (const Implementation::Alias& alias : looped_.in_place) {
      const int place = static_cast<int>(places[static_cast<size_t>(alias.input)]);
      const bool taken = std::any_of(implementation.in_place.begin(), implementation.in_place.end(),
                                     [&](const Implementation::Alias& other) { return other.input == place; });
      if (!taken) implementation.in_place.push_back({place, alias.output});
    }
    implementation.build = [loops = loops_for(looped_, graph, node), attributes = node.attributes, inputs, outputs = node.outputs,
                            places] { return std::make_unique<const LoopKernel>(loops, attributes, inputs, outputs, places); };
    return {implementation};
  }

 private:
  LoopedOp looped_;
};

class ReferenceBackend final : public Backend {
 public:
  ReferenceBackend() {
    // clang-format off
    for (const auto family : {
             reference::conv2d_loops, reference::channel_sum_loops, reference::batch_norm_loops, reference::relu_loops,
             reference::sigmoid_loops, reference::sqrt_loops, reference::clip_loops, reference::pool_loops, reference::adaptive_avg_pool_loops,
             reference::partial_pool_loops,
             reference::linear_loops, reference::add_loops, reference::multiply_loops, reference::cast_loops,
             reference::reduce_loops, reference::broadcast_loops, reference::concat_loops, reference::slice_loops,
             reference::pad_channels_loops, reference::flatten_loops, reference::dropout_loops, reference::softmax_loops,
             reference::cross_entropy_loops, reference::fake_quantize_loops, reference::clip_gradients_loops, reference::update_loops}) {
      for (LoopedOp& looped : family()) patterns_.push_back(std::make_unique<LoopPattern>(std::move(looped)));
    }
    // clang-format on
    packers_.push_back(reference::loop_packer());
  }

  std::string_view name() const override { return "reference"; }
  std::string description() const override { return "any processor, plain loops"; }
  std::string identity() const override { return "reference 1"; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::span<const std::unique_ptr<Packer>> packers() const override { return packers_; }

 private:
  std::vector<std::unique_ptr<Pattern>> patterns_;
  std::vector<std::unique_ptr<Packer>> packers_;
};

}  // namespace

std::shared_ptr<const Backend> make_reference_backend() {
  return std::make_shared<ReferenceBackend>();
}

}  // namespace residual
