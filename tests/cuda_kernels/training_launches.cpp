// Losses, updates and what belongs to them.
#include "backend/cuda/kernels/reductions/softmax.h"
#include "backend/cuda/kernels/training/average.h"
#include "backend/cuda/kernels/training/clip_gradients.h"
#include "backend/cuda/kernels/training/cross_entropy.h"
#include "backend/cuda/kernels/training/update.h"
#include "cuda_kernels/op_launches.h"
#include "ops/layers/batch_norm.h"
#include "ops/reductions/softmax.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/cross_entropy.h"
#include "ops/training/update.h"

namespace residual::cuda::kernels::tests {
namespace {

Targets targets_of(const OpRun& run, size_t input) {
  const double smoothing = run.attributes<CrossEntropyAttrs>().label_smoothing;
  if (run.type(input) == DType::kI64) return {.labels = run.in<int64_t>(input), .label_smoothing = smoothing};
  return {.probabilities = run.in<float>(input), .label_smoothing = smoothing};
}

void cross_entropy(OpRun& run) {
  launch_cross_entropy(nullptr, run.type(), run.in(), targets_of(run, 1), run.out<float>(),
                       run.scratch(cross_entropy_scratch(run.x()[0])), run.x()[0], run.x()[1]);
}

void global_norm(OpRun& run) {
  std::vector<NormTensor> tensors;
  for (size_t i = 0; i < run.inputs.size(); ++i) tensors.push_back({run.in<float>(i), run.x(i).elements()});
  launch_global_norm(nullptr, tensors, run.out<float>(), run.scratch(global_norm_scratch(tensors)));
}

void sgd(OpRun& run) {
  const auto& attributes = run.attributes<SgdAttrs>();
  const SgdTensor tensor{run.in<float>(0),  run.in<float>(1),  run.in<float>(2),   run.out<float>(0),
                         run.out<float>(1), run.in<double>(3), run.y().elements(), static_cast<float>(attributes.weight_decay)};
  launch_sgd(nullptr, {&tensor, 1}, attributes.momentum, attributes.nesterov);
}

void adam(OpRun& run) {
  const auto& attributes = run.attributes<AdamAttrs>();
  const AdamTensor tensor{run.in<float>(0),   run.in<float>(1),   run.in<float>(2),       run.in<float>(3),
                          run.out<float>(0),  run.out<float>(1),  run.out<float>(2),      run.in<double>(4),
                          run.in<int64_t>(5), run.y().elements(), attributes.weight_decay};
  launch_adam(nullptr, {&tensor, 1}, {attributes.beta1, attributes.beta2, attributes.eps, attributes.decoupled});
}

}  // namespace

std::map<const OpDef*, OpLaunch> training_launches() {
  return {
      {&softmax_op(), {[](OpRun& run) { launch_softmax(nullptr, run.type(), run.in(), run.out(), run.x()[0], run.x()[1]); }}},
      {&softmax_backward_op(), {[](OpRun& run) {
         launch_softmax_backward(nullptr, run.type(), run.in(0), run.in(1), run.out(), run.x()[0], run.x()[1]);
       }}},
      {&cross_entropy_op(), {cross_entropy}},
      {&cross_entropy_backward_op(), {[](OpRun& run) {
         launch_cross_entropy_backward(nullptr, run.type(1), run.in<float>(0), run.in(1), targets_of(run, 2), run.out(),
                                       run.x(1)[0], run.x(1)[1]);
       }}},
      {&running_average_op(),
       {[](OpRun& run) {
          const AverageTensor tensor{run.in<float>(0), run.in<float>(1), run.out<float>(), run.y().elements(),
                                     run.attributes<RunningAverageAttrs>().momentum};
          launch_running_averages(nullptr, {&tensor, 1});
        },
        true, false}},
      {&global_norm_op(), {global_norm, true, false}},
      {&clip_to_norm_op(),
       {[](OpRun& run) {
          const ClipTensor tensor{run.in<float>(0), run.out<float>(), run.y().elements()};
          launch_clip_to_norm(nullptr, {&tensor, 1}, run.in<float>(1), run.attributes<ClipToNormAttrs>().max_norm);
        },
        true, false}},
      {&sgd_op(), {sgd, true, false}},
      {&adam_op(), {adam, true, false}},
  };
}

}  // namespace residual::cuda::kernels::tests
