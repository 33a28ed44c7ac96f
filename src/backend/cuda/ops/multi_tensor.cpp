#include "backend/cuda/ops/multi_tensor.h"

#include <algorithm>

#include "backend/cuda/kernels/training/average.h"
#include "backend/cuda/kernels/training/clip_gradients.h"
#include "backend/cuda/kernels/training/update.h"
#include "backend/cuda/present/launch.h"
#include "ops/layers/batch_norm.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/update.h"

namespace residual::cuda {
namespace {

// The memory of one node's inputs and outputs.
struct Addresses {
  const KernelArgs& args;
  const size_t* inputs;  // their places among the kernel's
  const size_t* outputs;

  template <typename T = float>
  const T* in(size_t index) const noexcept {
    return reinterpret_cast<const T*>(args.inputs[inputs[index]]);
  }
  float* out(size_t index) const noexcept { return reinterpret_cast<float*>(args.outputs[outputs[index]]); }
};

struct Sgd {
  using Tensor = kernels::SgdTensor;
  static const OpDef& op() { return sgd_op(); }
  static constexpr size_t kFloats = 3;  // inputs that must be float32, before the others
  static std::vector<Implementation::Alias> aliases() { return {{0, 0}, {2, 1}}; }
  static bool alike(const Node& a, const Node& b) {
    const auto &x = a.attributes.as<SgdAttrs>(), &y = b.attributes.as<SgdAttrs>();
    return x.momentum == y.momentum && x.nesterov == y.nesterov;
  }
  static Tensor tensor(const Node& node) {
    return {.count = node.outputs[0].shape.elements(),
            .weight_decay = static_cast<float>(node.attributes.as<SgdAttrs>().weight_decay)};
  }
  static void place(Tensor& tensor, const Addresses& at) {
    tensor.parameter = at.in(0), tensor.gradient = at.in(1), tensor.momentum = at.in(2);
    tensor.learning_rate = at.in<double>(3);
    tensor.new_parameter = at.out(0), tensor.new_momentum = at.out(1);
  }
  static void launch(cudaStream_t stream, std::span<const Tensor> tensors, const Attributes& attributes, const Addresses&) {
    const auto& sgd = attributes.as<SgdAttrs>();
    kernels::launch_sgd(stream, tensors, sgd.momentum, sgd.nesterov);
  }
};

struct Adam {
  using Tensor = kernels::AdamTensor;
  static const OpDef& op() { return adam_op(); }
  static constexpr size_t kFloats = 4;
  static std::vector<Implementation::Alias> aliases() { return {{0, 0}, {2, 1}, {3, 2}}; }
  static bool alike(const Node& a, const Node& b) {
    AdamAttrs x = a.attributes.as<AdamAttrs>();
    const auto& y = b.attributes.as<AdamAttrs>();
    x.weight_decay = y.weight_decay;
    return x == y;
  }
  static Tensor tensor(const Node& node) {
    return {.count = node.outputs[0].shape.elements(), .weight_decay = node.attributes.as<AdamAttrs>().weight_decay};
  }
  static void place(Tensor& tensor, const Addresses& at) {
    tensor.parameter = at.in(0), tensor.gradient = at.in(1), tensor.mean = at.in(2), tensor.square = at.in(3);
    tensor.learning_rate = at.in<double>(4), tensor.step = at.in<int64_t>(5);
    tensor.new_parameter = at.out(0), tensor.new_mean = at.out(1), tensor.new_square = at.out(2);
  }
  static void launch(cudaStream_t stream, std::span<const Tensor> tensors, const Attributes& attributes, const Addresses&) {
    const auto& adam = attributes.as<AdamAttrs>();
    kernels::launch_adam(stream, tensors, {adam.beta1, adam.beta2, adam.eps, adam.decoupled});
  }
};

struct RunningAverage {
  using Tensor = kernels::AverageTensor;
  static const OpDef& op() { return running_average_op(); }
  static constexpr size_t kFloats = 2;
  static std::vector<Implementation::Alias> aliases() { return {{0, 0}}; }
  static bool alike(const Node&, const Node&) { return true; }
  static Tensor tensor(const Node& node) {
    return {.count = node.outputs[0].shape.elements(), .momentum = node.attributes.as<RunningAverageAttrs>().momentum};
  }
  static void place(Tensor& tensor, const Addresses& at) {
    tensor.running = at.in(0), tensor.current = at.in(1), tensor.output = at.out(0);
  }
  static void launch(cudaStream_t stream, std::span<const Tensor> tensors, const Attributes&, const Addresses&) {
    kernels::launch_running_averages(stream, tensors);
  }
};

struct ClipToNorm {
  using Tensor = kernels::ClipTensor;
  static const OpDef& op() { return clip_to_norm_op(); }
  static constexpr size_t kFloats = 2;
  static std::vector<Implementation::Alias> aliases() { return {{0, 0}}; }
  static bool alike(const Node& a, const Node& b) { return a.inputs[1] == b.inputs[1] && a.attributes == b.attributes; }
  static Tensor tensor(const Node& node) { return {.count = node.outputs[0].shape.elements()}; }
  static void place(Tensor& tensor, const Addresses& at) { tensor.gradient = at.in(0), tensor.clipped = at.out(0); }
  static void launch(cudaStream_t stream, std::span<const Tensor> tensors, const Attributes& attributes, const Addresses& first) {
    kernels::launch_clip_to_norm(stream, tensors, first.in(1), attributes.as<ClipToNormAttrs>().max_norm);
  }
};

// The tensors of one session, so that a run takes no memory.
template <typename Tensor>
struct TensorsState final : KernelState {
  explicit TensorsState(std::vector<Tensor> made) : tensors(std::move(made)) {}
  std::vector<Tensor> tensors;
};

template <typename Rule>
class MultiTensorKernel final : public Kernel {
 public:
  using Tensor = typename Rule::Tensor;
  MultiTensorKernel(const Graph& graph, const Match& match) : attributes_(graph.node(match.nodes[0]).attributes) {
    for (const NodeId id : match.nodes) {
      const Node& node = graph.node(id);
      tensors_.push_back(Rule::tensor(node));
      Places& places = places_.emplace_back();
      for (const Value& value : node.inputs) places.inputs.push_back(match.input_index(value));
      for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i)
        places.outputs.push_back(match.output_index({id, i}));
    }
  }

  std::unique_ptr<KernelState> make_state() const override { return std::make_unique<TensorsState<Tensor>>(tensors_); }

  KernelStatus run(const KernelArgs& args) const noexcept override {
    std::vector<Tensor>& tensors = static_cast<TensorsState<Tensor>&>(*args.state).tensors;
    for (size_t i = 0; i < tensors.size(); ++i) Rule::place(tensors[i], addresses(args, i));
    Rule::launch(stream_of(args).handle(), tensors, attributes_, addresses(args, 0));
    return stream_of(args).launched();
  }

 private:
  struct Places {
    std::vector<size_t> inputs, outputs;
  };
  Addresses addresses(const KernelArgs& args, size_t tensor) const noexcept {
    return {args, places_[tensor].inputs.data(), places_[tensor].outputs.data()};
  }

  Attributes attributes_;
  std::vector<Tensor> tensors_;
  std::vector<Places> places_;
};

template <typename Rule>
class MultiTensorPattern final : public Pattern {
 public:
  std::string_view name() const override { return Rule::op().name; }

  // All nodes that are alike, where `last` is the last of them; and each by itself.
  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    if (!runs(view.graph(), view.graph().node(last))) return {};
    std::vector<Match> matches;
    if (std::vector<NodeId> group = group_of(view.graph(), last); group.size() > 1 && group.back() == last)
      matches.push_back(match_of(view.graph(), std::move(group)));
    matches.push_back(match_of(view.graph(), {last}));
    return matches;
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    Implementation made{.label = "kernel",
                        .inputs = std::vector<Layout>(match.inputs.size()),
                        .outputs = std::vector<Layout>(match.outputs.size())};
    for (const NodeId id : match.nodes) {
      for (const Implementation::Alias& alias : Rule::aliases()) {
        const Value input = graph.node(id).inputs[static_cast<size_t>(alias.input)];
        if (readers_within(graph, match, input) > 1) continue;
        made.in_place.push_back(
            {static_cast<int>(match.input_index(input)), static_cast<int>(match.output_index({id, alias.output}))});
      }
    }
    made.build = [kernel = MultiTensorKernel<Rule>(graph, match)] {
      return std::make_unique<const MultiTensorKernel<Rule>>(kernel);
    };
    return {std::move(made)};
  }

 private:
  static bool runs(const Graph& graph, const Node& node) {
    if (node.op != &Rule::op() || node.outputs[0].shape.elements() == 0) return false;
    for (size_t i = 0; i < Rule::kFloats; ++i) {
      if (graph.type(node.inputs[i]).dtype != DType::kF32) return false;
    }
    return true;
  }

  // All nodes like `last`, ascending. A cover takes them together only where none depends on another.
  static std::vector<NodeId> group_of(const Graph& graph, NodeId last) {
    std::vector<NodeId> group;
    for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
      const Node& node = graph.node(id);
      if (runs(graph, node) && Rule::alike(node, graph.node(last))) group.push_back(id);
    }
    return group;
  }

  static int64_t readers_within(const Graph& graph, const Match& match, Value value) {
    int64_t readers = 0;
    for (const NodeId id : match.nodes) readers += std::ranges::count(graph.node(id).inputs, value);
    return readers;
  }

  static Match match_of(const Graph& graph, std::vector<NodeId> nodes) {
    std::vector<Value> inputs, outputs;
    const size_t count = nodes.size();
    for (const NodeId id : nodes) {
      const Node& node = graph.node(id);
      inputs.insert(inputs.end(), node.inputs.begin(), node.inputs.end());
      for (int32_t i = 0; i < static_cast<int32_t>(node.outputs.size()); ++i) outputs.push_back({id, i});
    }
    std::string what(Rule::op().name);
    if (count > 1) what = fmt::format("{} x {}", count, what);
    return make_match(graph, std::move(what), std::move(nodes), std::move(inputs), std::move(outputs));
  }
};

}  // namespace

std::unique_ptr<Pattern> sgd_pattern() {
  return std::make_unique<MultiTensorPattern<Sgd>>();
}

std::unique_ptr<Pattern> adam_pattern() {
  return std::make_unique<MultiTensorPattern<Adam>>();
}

std::unique_ptr<Pattern> running_average_pattern() {
  return std::make_unique<MultiTensorPattern<RunningAverage>>();
}

std::unique_ptr<Pattern> clip_to_norm_pattern() {
  return std::make_unique<MultiTensorPattern<ClipToNorm>>();
}

}  // namespace residual::cuda
