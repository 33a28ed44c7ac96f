// Launches over more tensors than one table holds equal the oracle's run of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/kernels/training/average.h"
#include "backend/cuda/kernels/training/clip_gradients.h"
#include "backend/cuda/kernels/training/update.h"
#include "cuda_kernels/agreement.h"
#include "cuda_kernels/op_launches.h"
#include "cuda_kernels/orders.h"
#include "ops/layers/batch_norm.h"
#include "ops/training/clip_gradients.h"
#include "ops/training/update.h"
#include "support/cases.h"

namespace residual::cuda::kernels::tests {
namespace {

using support::Case;
using support::CaseBuilder;
using support::Fill;
using support::Oracle;

/// One node each, on tensors around the size of a block's part.
class ManyTensors {
 public:
  static constexpr size_t kTensors = 170;

  template <class Append>
  explicit ManyTensors(const Append& append) {
    CaseBuilder b(Rng(23, Purpose::kTest), Fill::kReals, DType::kF32);
    for (size_t i = 0; i < kTensors; ++i) {
      const int64_t size = i % 20 == 7 ? b.one_of({4095, 4096, 4097, 9000}) : b.from(1, 60);
      nodes.push_back(append(b, fmt::format("t{}", i), Shape{size}));
    }
    example.emplace(std::move(b).finish_with(false));
    oracle.emplace(example->graph, example->tensors);
  }

  const Node& node(size_t i) const { return example->graph.node(nodes[i]); }
  int64_t count(size_t i) const { return node(i).outputs[0].shape.elements(); }

  /// Memory for every node; `launch` gets them all.
  template <class Launch>
  void expect_oracle(const Launch& launch) const {
    const std::vector<Tensor> found = in_every_order([&] {
      std::vector<OpRun> runs;
      for (size_t i = 0; i < kTensors; ++i) {
        runs.push_back({example->graph, node(i), {}, {}});
        for (const Value& value : node(i).inputs) runs.back().inputs.push_back(to_device(oracle->at(value), false));
        for (const TensorType& type : node(i).outputs) runs.back().outputs.emplace_back(type.bytes());
      }
      launch(runs);
      std::vector<Tensor> tensors;
      for (const OpRun& run : runs) {
        for (size_t i = 0; i < run.outputs.size(); ++i) tensors.push_back(to_host(run.outputs[i], run.node.outputs[i], false));
      }
      return tensors;
    });
    ASSERT_FALSE(found.empty());
    size_t next = 0;
    for (size_t i = 0; i < kTensors; ++i) {
      for (int32_t output = 0; output < static_cast<int32_t>(node(i).outputs.size()); ++output)
        ASSERT_EQ(support::difference(found.at(next++), oracle->at({nodes[i], output}), tolerance(DType::kF32)), "")
            << "tensor " << i;
    }
  }

  std::vector<NodeId> nodes;
  std::optional<Case> example;
  std::optional<Oracle> oracle;
};

TEST(ManyTensors, AreUpdatedBySgd) {
  const ManyTensors all([](CaseBuilder& b, const std::string& name, const Shape& shape) {
    const Value p = b.numbers(name + ".p", shape), g = b.numbers(name + ".g", shape), m = b.numbers(name + ".m", shape);
    const Value rate = b.scalar(name + ".rate", DType::kF64, b.rng.uniform(0, 0.5));
    return sgd(b.result.graph, p, g, m, rate, {.momentum = 0.9, .weight_decay = b.one_real_of({0, 1e-4}), .nesterov = true})
        .parameter.node;
  });
  all.expect_oracle([&](std::vector<OpRun>& runs) {
    std::vector<SgdTensor> tensors;
    for (size_t i = 0; i < runs.size(); ++i) {
      const OpRun& run = runs[i];
      tensors.push_back({run.in<float>(0), run.in<float>(1), run.in<float>(2), run.out<float>(0), run.out<float>(1),
                         run.in<double>(3), all.count(i), static_cast<float>(run.attributes<SgdAttrs>().weight_decay)});
    }
    launch_sgd(nullptr, tensors, 0.9, true);
  });
}

TEST(ManyTensors, AreUpdatedByAdamW) {
  const ManyTensors all([](CaseBuilder& b, const std::string& name, const Shape& shape) {
    const Value p = b.numbers(name + ".p", shape), g = b.numbers(name + ".g", shape), m = b.numbers(name + ".m", shape);
    const Value v = b.positive(name + ".v", shape), rate = b.scalar(name + ".rate", DType::kF64, b.rng.uniform(0, 0.1));
    const Value step = b.scalar(name + ".step", DType::kI64, static_cast<double>(b.one_of({1, 2, 1000, 100000})));
    return adam(b.result.graph, p, g, m, v, rate, step, {.weight_decay = b.one_real_of({0, 0.01}), .decoupled = true})
        .parameter.node;
  });
  all.expect_oracle([&](std::vector<OpRun>& runs) {
    std::vector<AdamTensor> tensors;
    for (size_t i = 0; i < runs.size(); ++i) {
      const OpRun& run = runs[i];
      tensors.push_back({run.in<float>(0), run.in<float>(1), run.in<float>(2), run.in<float>(3), run.out<float>(0),
                         run.out<float>(1), run.out<float>(2), run.in<double>(4), run.in<int64_t>(5), all.count(i),
                         run.attributes<AdamAttrs>().weight_decay});
    }
    launch_adam(nullptr, tensors, {.decoupled = true});
  });
}

TEST(ManyTensors, AreAveraged) {
  const ManyTensors all([](CaseBuilder& b, const std::string& name, const Shape& shape) {
    const Value running = b.numbers(name + ".running", shape), current = b.numbers(name + ".current", shape);
    return running_average(b.result.graph, running, current, b.one_real_of({0.1, 0.001})).node;
  });
  all.expect_oracle([&](std::vector<OpRun>& runs) {
    std::vector<AverageTensor> tensors;
    for (size_t i = 0; i < runs.size(); ++i) {
      tensors.push_back({runs[i].in<float>(0), runs[i].in<float>(1), runs[i].out<float>(), all.count(i),
                         runs[i].attributes<RunningAverageAttrs>().momentum});
    }
    launch_running_averages(nullptr, tensors);
  });
}

TEST(ManyTensors, AreClippedByTheirNorm) {
  std::optional<Value> norm;
  const ManyTensors all([&](CaseBuilder& b, const std::string& name, const Shape& shape) {
    if (!norm) norm = b.scalar("norm", DType::kF32, 12.5);
    return clip_to_norm(b.result.graph, b.numbers(name, shape), *norm, 1).node;
  });
  all.expect_oracle([&](std::vector<OpRun>& runs) {
    std::vector<ClipTensor> tensors;
    for (size_t i = 0; i < runs.size(); ++i) tensors.push_back({runs[i].in<float>(0), runs[i].out<float>(), all.count(i)});
    launch_clip_to_norm(nullptr, tensors, runs[0].in<float>(1), 1);
  });
}

TEST(ManyTensors, HaveOneNorm) {
  CaseBuilder b(Rng(24, Purpose::kTest), Fill::kReals, DType::kF32);
  std::vector<Value> values;
  for (int i = 0; i < 300; ++i) values.push_back(b.numbers(fmt::format("t{}", i), Shape{i % 30 == 3 ? 4097 : 1 + i % 7}));
  const Value norm = global_norm(b.result.graph, values);
  const Case example = std::move(b).finish(false);
  const Oracle oracle(example.graph, example.tensors);
  const std::vector<Tensor> found = in_every_order([&] {
    std::vector<DeviceMemory> memory;
    std::vector<NormTensor> tensors;
    for (const Value& value : values) {
      memory.push_back(to_device(oracle.at(value), false));
      tensors.push_back({memory.back().as<float>(), oracle.at(value).elements()});
    }
    const DeviceMemory result(sizeof(float)), scratch(global_norm_scratch(tensors));
    launch_global_norm(nullptr, tensors, result.as<float>(), scratch.data());
    std::vector<Tensor> one;
    one.push_back(to_host(result, {DType::kF32, Shape{}}, false));
    return one;
  });
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(support::difference(found[0], oracle.at(norm), 1e-6), "");
}

}  // namespace
}  // namespace residual::cuda::kernels::tests
