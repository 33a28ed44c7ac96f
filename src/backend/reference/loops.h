// The interface of the reference loops: a node's attributes, shapes and memory, every tensor plain.
#pragma once

#include <cstring>
#include <type_traits>
#include <vector>

#include "backend/backend.h"
#include "core/tensor/float16.h"
#include "core/threads/threads.h"

namespace residual::reference {

/// One run of one node. Inputs and outputs are numbered as in the node.
struct Call {
  const Attributes& attributes;
  std::span<const TensorType> input_types, output_types;
  const std::byte* const* inputs;
  std::byte* const* outputs;
  double* sums;  ///< scratch of the size that the op's `sums` returns

  template <typename T>
  const T* input(size_t i) const noexcept {
    return reinterpret_cast<const T*>(inputs[i]);
  }
  template <typename T>
  T* output(size_t i = 0) const noexcept {
    return reinterpret_cast<T*>(outputs[i]);
  }
  const Shape& input_shape(size_t i) const noexcept { return input_types[i].shape; }
  const Shape& output_shape(size_t i = 0) const noexcept { return output_types[i].shape; }
};

/// An op's loops. They read every element of an input that shares an output's memory before they write that element.
using Loops = void (*)(const Call&);

/// The loops of an op by the narrowest floating-point type among a node's inputs and outputs, which is the type of its images,
/// features or weights. All compute in double (at least in float32) and round once, on store. Null: declined.
struct TypedLoops {
  Loops f32, f64, bf16 = nullptr, f16 = nullptr;
};

/// The type of statistics and losses over T, as statistics_type() gives it.
template <typename T>
using Statistic = std::conditional_t<std::is_same_v<T, double>, double, float>;

struct LoopedOp {
  const OpDef* op;
  TypedLoops loops;
  std::vector<Implementation::Alias> in_place{};  ///< numbered as in the node
  /// How many doubles the loops sum in before they round; null: none.
  int64_t (*sums)(const Graph&, const Node&) = nullptr;
};

/// N,C,H,W or N,C as batch, channels and area; element (n,c,i) is at (n*channels + c)*area + i.
struct Planes {
  explicit Planes(const Shape& shape) : batch(shape[0]), channels(shape[1]), area(shape.rank() == 4 ? shape[2] * shape[3] : 1) {}
  int64_t at(int64_t n, int64_t c) const noexcept { return (n * channels + c) * area; }
  int64_t batch, channels, area;
};

/// The smallest number of elements given to one thread.
constexpr int64_t kElementGrain = 8192;

/// Calls body(i) for every element, in parallel.
template <typename Body>
void for_each_element(int64_t count, Body&& body) noexcept {
  parallel_for(
      count,
      [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) body(i);
      },
      kElementGrain);
}

/// Calls body(a, b) for every pair with a < first, b < second, in parallel: each pair is an independent part of the work.
template <typename Body>
void for_each_pair(int64_t first, int64_t second, Body&& body) noexcept {
  parallel_for(first * second, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i / second, i % second);
  });
}

/// The families, one a file, named as in ops/.
std::vector<LoopedOp> adaptive_avg_pool_loops();
std::vector<LoopedOp> add_loops();
std::vector<LoopedOp> batch_norm_loops();
std::vector<LoopedOp> broadcast_loops();
std::vector<LoopedOp> cast_loops();
std::vector<LoopedOp> channel_sum_loops();
std::vector<LoopedOp> clip_gradients_loops();
std::vector<LoopedOp> clip_loops();
std::vector<LoopedOp> concat_loops();
std::vector<LoopedOp> conv2d_loops();
std::vector<LoopedOp> cross_entropy_loops();
std::vector<LoopedOp> dropout_loops();
std::vector<LoopedOp> fake_quantize_loops();
std::vector<LoopedOp> flatten_loops();
std::vector<LoopedOp> linear_loops();
std::vector<LoopedOp> multiply_loops();
std::vector<LoopedOp> pad_channels_loops();
std::vector<LoopedOp> partial_pool_loops();
std::vector<LoopedOp> pool_loops();
std::vector<LoopedOp> reduce_loops();
std::vector<LoopedOp> relu_loops();
std::vector<LoopedOp> sigmoid_loops();
std::vector<LoopedOp> slice_loops();
std::vector<LoopedOp> softmax_loops();
std::vector<LoopedOp> sqrt_loops();
std::vector<LoopedOp> update_loops();

}  // namespace residual::reference
