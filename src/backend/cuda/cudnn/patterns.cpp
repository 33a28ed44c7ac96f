#include "backend/cuda/cudnn/patterns.h"

#include "backend/cuda/present/launch.h"
#include "backend/fused_convolution.h"
#include "ops/layers/linear.h"

namespace residual::cuda::cudnn {
namespace {

// Which of a match's values each tensor of a graph is: inputs and, for the one that is computed, the output.
struct Wiring {
  std::array<int, 5> input{-1, -1, -1, -1, -1};  // by Role
  Role computed = Role::kDst;

  Wiring& set(Role role, size_t index) {
    input[static_cast<size_t>(role)] = static_cast<int>(index);
    return *this;
  }
};

std::unique_ptr<const Kernel> kernel_of(std::shared_ptr<const Engine> engine, const Wiring& wiring) {
  return make_kernel([engine = std::move(engine), wiring](const KernelArgs& args) {
    Pointers pointers{};
    for (size_t role = 0; role < pointers.size(); ++role) {
      if (wiring.input[role] >= 0) pointers[role] = const_cast<std::byte*>(args.inputs[wiring.input[role]]);  // only read
    }
    pointers[static_cast<size_t>(wiring.computed)] = args.outputs[0];
    return engine->run(stream_of(args), pointers, args.scratch);
  });
}

// One implementation for each engine, with the values in these layouts.
std::vector<Implementation> implementations_of(const Engines& engines, const Wiring& wiring, const std::vector<Layout>& inputs,
                                               const Layout& output) {
  std::vector<Implementation> result;
  for (const auto& engine : engines) {
    result.push_back({.label = fmt::format("cudnn {}", engine->name()),
                      .inputs = inputs,
                      .outputs = {output},
                      .scratch_bytes = engine->workspace_bytes(),
                      .build = [engine, wiring] { return kernel_of(engine, wiring); }});
  }
  return result;
}

class ConvolutionForward final : public Pattern {
 public:
  explicit ConvolutionForward(std::shared_ptr<EngineFinder> finder) : finder_(std::move(finder)) {}
  std::string_view name() const override { return "conv2d"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    std::vector<Match> matches = convolution_matches(view, last, {DType::kF32, DType::kBF16, DType::kF16});
    std::erase_if(matches, [&](const Match& match) {  // what cuDNN does not fuse is left to smaller matches
      return finder_->engines(graph_of(view.graph(), match, fused_convolution(view.graph(), match))).empty();
    });
    return matches;
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const FusedConvolution fused = fused_convolution(graph, match);
    const Layout dst = order_of(fused.geometry.dst);
    std::vector<Layout> inputs(match.inputs.size());
    inputs[fused.src] = order_of(fused.geometry.src);
    inputs[fused.weight] = order_of(fused.geometry.weight);
    Wiring wiring;
    wiring.set(Role::kSrc, fused.src).set(Role::kWeight, fused.weight);
    if (fused.bias) wiring.set(Role::kBias, *fused.bias);
    if (fused.addend) {
      wiring.set(Role::kAddend, *fused.addend);
      inputs[*fused.addend] = dst;
    }
    return implementations_of(finder_->engines(graph_of(graph, match, fused)), wiring, inputs, dst);
  }

 private:
  static ConvolutionGraph graph_of(const Graph& graph, const Match& match, const FusedConvolution& fused) {
    return {ConvDirection::kForward, fused.geometry,           graph.type(match.outputs[0]).dtype,
            fused.bias.has_value(),  fused.addend.has_value(), fused.relu};
  }

  std::shared_ptr<EngineFinder> finder_;
};

class ConvolutionBackward final : public Pattern {
 public:
  explicit ConvolutionBackward(std::shared_ptr<EngineFinder> finder) : finder_(std::move(finder)) {}
  std::string_view name() const override { return "conv2d_backward"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &conv2d_backward_data_op() && node.op != &conv2d_backward_weights_op()) return {};
    if (!has_types(view.graph(), node, {DType::kF32, DType::kBF16, DType::kF16})) return {};
    if (finder_->engines(graph_of(view.graph(), node)).empty()) return {};
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes[0]);
    const ConvolutionGraph what = graph_of(graph, node);
    const size_t first = match.input_index(node.inputs[0]), second = match.input_index(node.inputs[1]);
    std::vector<Layout> inputs(match.inputs.size());
    Wiring wiring;
    if (what.direction == ConvDirection::kBackwardData) {  // dy, weight -> dx
      wiring.set(Role::kDst, first).set(Role::kWeight, second).computed = Role::kSrc;
      inputs[first] = order_of(what.geometry.dst), inputs[second] = order_of(what.geometry.weight);
      return implementations_of(finder_->engines(what), wiring, inputs, order_of(what.geometry.src));
    }
    wiring.set(Role::kSrc, first).set(Role::kDst, second).computed = Role::kWeight;  // x, dy -> dweight
    inputs[first] = order_of(what.geometry.src), inputs[second] = order_of(what.geometry.dst);
    return implementations_of(finder_->engines(what), wiring, inputs, order_of(what.geometry.weight));
  }

 private:
  static ConvolutionGraph graph_of(const Graph& graph, const Node& node) {
    return {direction_of(node), geometry_of(graph, node), node.outputs[0].dtype};
  }

  std::shared_ptr<EngineFinder> finder_;
};

// A matrix as N images of C channels and one pixel.
Shape pixels(int64_t rows, int64_t columns) {
  return Shape{rows, columns, 1, 1};
}

// The three products that networks have, each one direction of a convolution with a 1x1 kernel: a b^T forward, a b backward-data,
// a^T b backward-weights.
struct Product {
  ConvolutionGraph graph;
  Wiring wiring;

  static std::optional<Product> of(const Graph& graph, const Match& match) {
    const Node& node = graph.node(match.nodes[0]);
    const bool linear = node.op == &linear_op();
    const MatmulAttrs transposed = linear ? MatmulAttrs{false, true} : node.attributes.as<MatmulAttrs>();
    const Shape &a = graph.shape(node.inputs[0]), &b = graph.shape(node.inputs[1]), &product = node.outputs[0].shape;
    const size_t first = match.input_index(node.inputs[0]), second = match.input_index(node.inputs[1]);
    Product result{.graph = {.type = node.outputs[0].dtype, .bias = node.inputs.size() == 3}, .wiring = {}};
    ConvGeometry& geometry = result.graph.geometry;
    if (!transposed.transpose_a && transposed.transpose_b) {
      geometry = {pixels(a[0], a[1]), pixels(b[0], b[1]), pixels(product[0], product[1]), {}};
      result.wiring.set(Role::kSrc, first).set(Role::kWeight, second);
      if (result.graph.bias) result.wiring.set(Role::kBias, match.input_index(node.inputs[2]));
    } else if (!transposed.transpose_a) {
      result.graph.direction = ConvDirection::kBackwardData;
      geometry = {pixels(product[0], product[1]), pixels(b[0], b[1]), pixels(a[0], a[1]), {}};
      result.wiring.set(Role::kDst, first).set(Role::kWeight, second).computed = Role::kSrc;
    } else if (!transposed.transpose_b) {
      result.graph.direction = ConvDirection::kBackwardWeights;
      geometry = {pixels(b[0], b[1]), pixels(product[0], product[1]), pixels(a[0], a[1]), {}};
      result.wiring.set(Role::kDst, first).set(Role::kSrc, second).computed = Role::kWeight;
    } else {
      return std::nullopt;
    }
    return result;
  }
};

class MatrixProduct final : public Pattern {
 public:
  explicit MatrixProduct(std::shared_ptr<EngineFinder> finder) : finder_(std::move(finder)) {}
  std::string_view name() const override { return "matmul"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Node& node = view.graph().node(last);
    if (node.op != &linear_op() && node.op != &matmul_op()) return {};
    if (!has_types(view.graph(), node, {DType::kF32, DType::kBF16, DType::kF16})) return {};
    Match match = make_match(view, std::string(node.op->name), {last});
    const std::optional<Product> product = Product::of(view.graph(), match);
    if (!product || finder_->engines(product->graph).empty()) return {};
    return {std::move(match)};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const std::optional<Product> product = Product::of(graph, match);
    return implementations_of(finder_->engines(product->graph), product->wiring, std::vector<Layout>(match.inputs.size()),
                              Layout::plain());
  }

 private:
  std::shared_ptr<EngineFinder> finder_;
};

}  // namespace

std::unique_ptr<Pattern> convolution_forward_pattern(std::shared_ptr<EngineFinder> finder) {
  return std::make_unique<ConvolutionForward>(std::move(finder));
}

std::unique_ptr<Pattern> convolution_backward_pattern(std::shared_ptr<EngineFinder> finder) {
  return std::make_unique<ConvolutionBackward>(std::move(finder));
}

std::unique_ptr<Pattern> matrix_product_pattern(std::shared_ptr<EngineFinder> finder) {
  return std::make_unique<MatrixProduct>(std::move(finder));
}

}  // namespace residual::cuda::cudnn
