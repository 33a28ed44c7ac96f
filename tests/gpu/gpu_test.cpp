// On a GPU: every op, whole networks and training steps equal the oracle or the processor. scripts/gpu-check --run runs these.
#include <gtest/gtest.h>

#include "api/target.h"
#include "backend/cuda/cuda.h"
#include "models/named_networks.h"
#include "models/table.h"
#include "ops/table.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/cases.h"
#include "support/kernel_check.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using support::Case;
using support::Fill;

// The backend of the first GPU; null where none can be used, and then `reason` says why.
std::shared_ptr<const Backend> gpu(std::string& reason) {
  try {
    return make_cuda_backend(0);
  } catch (const Error& error) {
    reason = error.what();
    return nullptr;
  }
}

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    std::string reason;
    backend = gpu(reason);
    if (!backend) GTEST_SKIP() << reason;
  }
  Target target() const { return support::untuned({backend, make_cpu_backend(), make_reference_backend()}, 4); }

  std::shared_ptr<const Backend> backend;
};

template <typename Visit>
void with_type(DType type, Visit&& visit) {
  switch (type) {
    case DType::kF32: return visit.template operator()<float>();
    case DType::kF64: return visit.template operator()<double>();
    case DType::kBF16: return visit.template operator()<BFloat16>();
    case DType::kF16: return visit.template operator()<Float16>();
    case DType::kI64: return visit.template operator()<int64_t>();
    case DType::kI32: return visit.template operator()<int32_t>();
    default: FAIL() << name_of(type);
  }
}

std::map<std::string, Tensor> outputs_of(const Case& example, const Target& target) {
  State state;
  for (const auto& [name, variable] : example.graph.variables()) state.set(name, example.tensors.at(name).clone());
  Session session(compile(example.graph, target), state);
  for (const Node& node : example.graph.nodes()) {
    if (node.op != &input_op()) continue;
    const std::string& name = node.attributes.as<InputAttrs>().input;
    const Tensor& tensor = example.tensors.at(name);
    with_type(tensor.dtype(), [&]<typename T>() { std::ranges::copy(tensor.as<T>(), session.input<T>(name).begin()); });
  }
  for (int run = 0; run < 3; ++run) session.run();  // step by step, recorded, launched
  std::map<std::string, Tensor> outputs;
  for (const auto& [name, value] : example.graph.outputs()) {
    const TensorType& type = example.graph.type(value);
    with_type(type.dtype, [&]<typename T>() { outputs.emplace(name, Tensor::of<T>(type.shape, session.output<T>(name))); });
  }
  return outputs;
}

TEST_F(OnGpu, EveryOpEqualsTheOracle) {
  for (const auto& [type, allowed] : {std::pair{DType::kF32, 1e-3}, {DType::kBF16, 1e-2}, {DType::kF16, 2e-3}}) {
    for (const OpDef* op : op_table()) {
      if (!support::makers().contains(op)) continue;
      for (uint64_t number = 0; number < 8; ++number) {
        const Case example = make_case(*op, number, number % 2 == 0 ? Fill::kIntegers : Fill::kReals, type);
        const support::Oracle oracle(example.graph, example.tensors);
        for (const auto& [name, tensor] : outputs_of(example, target())) {
          const std::string wrong = support::difference(tensor, oracle.output(name), allowed);
          EXPECT_EQ(wrong, "") << op->name << " " << name_of(type) << "\n" << example.what;
        }
      }
    }
  }
}

std::vector<float> logits_of(const std::string& model, const Target& target) {
  const models::Architecture architecture = models::architecture_of(model);
  const Graph graph = fold_batch_norm(models::inference_graph(architecture, 2));
  State state = initial_state(graph, 1);
  Session session(compile(graph, target), state);
  Rng rng(3, Purpose::kTest, 0);
  for (float& value : session.input<float>("images")) value = static_cast<float>(rng.normal());
  session.run();
  const std::span<const float> logits = session.output<float>("logits");
  return {logits.begin(), logits.end()};
}

TEST_F(OnGpu, LogitsOfEveryNetworkEqualTheProcessors) {
  for (const std::string& model : models::model_names()) {
    const std::vector<float> there = logits_of(model, target()), here = logits_of(model, support::cpu_target(16));
    double largest = 0, worst = 0;
    for (size_t i = 0; i < here.size(); ++i) {
      largest = std::max(largest, std::abs(double{here[i]}));
      worst = std::max(worst, std::abs(double{here[i]} - double{there[i]}));
    }
    EXPECT_LE(worst, 1e-2 * largest) << model;
  }
}

// Two runs of the same steps, which must have the same bits where only deterministic engines run.
TEST_F(OnGpu, TrainingStepsEqualTheProcessors) {
  train::TrainOptions options;
  options.architecture = models::architecture_of("resnet20");
  options.batch_size = 32;
  const Graph graph = train::training_graph(options);
  const auto losses = [&](const Target& where) {
    State state = initial_state(graph, 1);
    Session session(compile(graph, where), state, {.input_slots = 2});
    std::vector<float> result;
    for (int64_t step = 0; step < 10; ++step) {
      const int slot = static_cast<int>(step % 2);
      Rng rng(3, Purpose::kTest, static_cast<uint64_t>(step));
      for (float& value : session.input<float>("images", slot)) value = static_cast<float>(rng.normal());
      for (int64_t n = 0; n < 32; ++n) session.input<int64_t>("labels", slot)[static_cast<size_t>(n)] = (n + step) % 10;
      session.input<double>("learning_rate", slot)[0] = 0.01;
      session.input<int64_t>("step", slot)[0] = step + 1;
      session.run(slot);
      result.push_back(session.output<float>("loss")[0]);
    }
    return result;
  };
  const std::vector<float> there = losses(target()), here = losses(support::cpu_target(16));
  for (size_t step = 0; step < here.size(); ++step) EXPECT_NEAR(there[step], here[step], 5e-3 * std::abs(here[step])) << step;
}

TEST_F(OnGpu, MemoryThatIsNotThereIsRefused) {
  EXPECT_THROW(backend->device()->allocate(size_t{1} << 46), Error);
  EXPECT_GT(backend->device()->free_memory(), 0u);
}

}  // namespace
}  // namespace residual
