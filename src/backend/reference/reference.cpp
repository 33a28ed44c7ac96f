#include "backend/reference/reference.h"

#include <algorithm>

#include "backend/reference/loops.h"
#include "backend/reference/reorder.h"
#include "ops/training/update.h"

namespace residual {
namespace {

using reference::Call;
using reference::LoopedOp;
using reference::Loops;

/// Runs one node: hands the match's inputs, each listed once, to the loops in the node's own order.
class LoopKernel final : public Kernel {
 public:
  LoopKernel(Loops loops, const Graph& graph, const Node& node, std::vector<size_t> places)
      : loops_(loops),
        attributes_(node.attributes),
        outputs_(node.outputs),
        places_(std::move(places)),
        pointers_(places_.size()) {
    for (const Value& value : node.inputs) inputs_.push_back(graph.type(value));
  }

  void run(const KernelArgs& args) noexcept override {
    for (size_t i = 0; i < places_.size(); ++i) pointers_[i] = args.inputs[places_[i]];
    loops_(Call{attributes_, inputs_, outputs_, pointers_.data(), args.outputs, reinterpret_cast<double*>(args.scratch)});
  }

 private:
  Loops loops_;
  Attributes attributes_;
  std::vector<TensorType> inputs_, outputs_;
  std::vector<size_t> places_;
  std::vector<const std::byte*> pointers_;
};

/// Where each of the node's inputs stands among the match's.
std::vector<size_t> places_of(const Node& node, const Match& match) {
  std::vector<size_t> places;
  for (const Value& value : node.inputs) {
    places.push_back(static_cast<size_t>(std::find(match.inputs.begin(), match.inputs.end(), value) - match.inputs.begin()));
  }
  return places;
}

/// Tensors of numbers must have the node's own element type; learning rates are always float64.
Loops loops_for(const LoopedOp& looped, const Graph& graph, const Node& node) {
  const DType type = node.outputs[0].dtype;
  const bool update = node.op == &sgd_op() || node.op == &adam_op();
  for (const Value& value : node.inputs) {
    const TensorType& input = graph.type(value);
    const bool number = input.dtype != DType::kI64 && input.dtype != DType::kI32;
    if (number && input.dtype != type && !(update && input.shape.rank() == 0)) return nullptr;
  }
  return type == DType::kF32 ? looped.f32 : type == DType::kF64 ? looped.f64 : nullptr;
}

class LoopPattern final : public Pattern {
 public:
  explicit LoopPattern(LoopedOp looped) : looped_(std::move(looped)) {}

  std::string_view name() const override { return looped_.op->name; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != looped_.op || loops_for(looped_, view.graph(), node) == nullptr) return {};
    Match match{{last}, {}, {}, std::string(node.op->name)};
    for (const Value& value : node.inputs) {
      if (std::find(match.inputs.begin(), match.inputs.end(), value) == match.inputs.end()) match.inputs.push_back(value);
    }
    for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i) match.outputs.push_back({last, i});
    std::vector<Match> matches;
    matches.push_back(std::move(match));
    return matches;
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes.back());
    const std::vector<size_t> places = places_of(node, match);
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
    implementation.kernel = std::make_unique<LoopKernel>(loops_for(looped_, graph, node), graph, node, places);
    std::vector<Implementation> implementations;
    implementations.push_back(std::move(implementation));
    return implementations;
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
             reference::sigmoid_loops, reference::pool_loops, reference::adaptive_avg_pool_loops, reference::linear_loops, reference::add_loops, reference::multiply_loops, reference::concat_loops,
             reference::pad_channels_loops, reference::flatten_loops, reference::dropout_loops, reference::softmax_loops,
             reference::cross_entropy_loops, reference::fake_quantize_loops, reference::clip_gradients_loops, reference::update_loops}) {
      for (LoopedOp& looped : family()) patterns_.push_back(std::make_unique<LoopPattern>(std::move(looped)));
    }
    // clang-format on
  }

  std::string_view name() const override { return "reference"; }
  std::string device() const override { return "any processor, plain loops"; }
  std::string identity() const override { return "reference 1"; }
  std::span<const std::unique_ptr<Pattern>> patterns() const override { return patterns_; }
  std::optional<Implementation> reorder(const TensorType& type, const Layout& from, const Layout& to) const override {
    return reference::reorder(type, from, to);
  }

 private:
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

}  // namespace

std::shared_ptr<const Backend> make_reference_backend() {
  return std::make_shared<ReferenceBackend>();
}

}  // namespace residual
