// sgd and adam: one pass, in place on the Variables.
#include <cmath>

#include "backend/cpu/kernels/elementwise_loops.h"
#include "backend/cpu/matching.h"
#include "backend/cpu/processor.h"
#include "ops/training/update.h"

namespace residual::cpu::kernels {
namespace {

std::unique_ptr<const Kernel> sgd_kernel(const SgdAttrs& sgd, int64_t count) {
  return make_kernel([=](const KernelArgs& args) {
    ElementwiseCall call{{floats(args, 0), floats(args, 1), floats(args, 2)}, {floats_out(args, 0), floats_out(args, 1)}};
    call.numbers[kSgdMomentum] = static_cast<float>(sgd.momentum);
    call.numbers[kSgdDecay] = static_cast<float>(sgd.weight_decay);
    call.numbers[kSgdLearningRate] = static_cast<float>(*reinterpret_cast<const double*>(args.inputs[3]));
    elementwise(sgd.nesterov ? Elementwise::kNesterov : Elementwise::kSgd, count, call);
  });
}

std::unique_ptr<const Kernel> adam_kernel(const AdamAttrs& adam, int64_t count) {
  return make_kernel([=](const KernelArgs& args) {
    const double learning_rate = *reinterpret_cast<const double*>(args.inputs[4]);
    const auto step = static_cast<double>(*reinterpret_cast<const int64_t*>(args.inputs[5]));
    ElementwiseCall call{{floats(args, 0), floats(args, 1), floats(args, 2), floats(args, 3)},
                         {floats_out(args, 0), floats_out(args, 1), floats_out(args, 2)}};
    const auto set = [&](AdamNumbers which, double number) { call.numbers[which] = static_cast<float>(number); };
    set(kAdamBeta1, adam.beta1), set(kAdamRest1, 1 - adam.beta1), set(kAdamBeta2, adam.beta2), set(kAdamRest2, 1 - adam.beta2);
    set(kAdamDecay, adam.decoupled ? 0 : adam.weight_decay);
    set(kAdamShrink, adam.decoupled ? 1 - learning_rate * adam.weight_decay : 1);
    set(kAdamStep, learning_rate / (1 - std::pow(adam.beta1, step)));
    set(kAdamRoot, 1 / std::sqrt(1 - std::pow(adam.beta2, step)));
    set(kAdamEps, adam.eps);
    elementwise(Elementwise::kAdam, count, call);
  });
}

class UpdatePattern final : public Pattern {
 public:
  std::string_view name() const override { return "update"; }

  std::vector<Match> match(const GraphView& view, NodeId last) const override {
    const Graph& graph = view.graph();
    const Node& node = graph.node(last);
    if ((node.op != &sgd_op() && node.op != &adam_op()) || node.outputs[0].dtype != DType::kF32) return {};
    for (size_t i = 0; i < node.inputs.size(); ++i) {  // the same tensor in two roles: the reference backend runs it
      if (std::count(node.inputs.begin(), node.inputs.end(), node.inputs[i]) > 1) return {};
    }
    return {make_match(view, std::string(node.op->name), {last})};
  }

  std::vector<Implementation> implementations(const Graph& graph, const Match& match, std::span<const Layout>) const override {
    const Node& node = graph.node(match.nodes[0]);
    const int64_t count = node.outputs[0].shape.elements();
    std::vector<Implementation> result;
    result.push_back({.label = "vectors",
                      .inputs = std::vector<Layout>(match.inputs.size()),
                      .outputs = std::vector<Layout>(match.outputs.size())});
    const bool sgd = node.op == &sgd_op();
    result.back().in_place =
        sgd ? std::vector<Implementation::Alias>{{0, 0}, {2, 1}} : std::vector<Implementation::Alias>{{0, 0}, {2, 1}, {3, 2}};
    result.back().build = [sgd, attributes = node.attributes, count] {
      return sgd ? sgd_kernel(attributes.as<SgdAttrs>(), count) : adam_kernel(attributes.as<AdamAttrs>(), count);
    };
    return result;
  }
};

}  // namespace

void add_update(Patterns& patterns, Packers&) {
  patterns.push_back(std::make_unique<UpdatePattern>());
}

}  // namespace residual::cpu::kernels
