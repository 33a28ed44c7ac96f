// How each op of the graph is run by the launches of the CUDA kernels.
#pragma once

#include <map>
#include <vector>

#include "cuda_kernels/device_memory.h"
#include "graph/op.h"

namespace residual::cuda::kernels::tests {

/// One run of one node: its inputs and outputs on the emulated device.
struct OpRun {
  const Graph& graph;
  const Node& node;
  std::vector<DeviceMemory> inputs, outputs, scratches = {};

  DType type(size_t i = 0) const { return graph.type(node.inputs[i]).dtype; }
  const Shape& x(size_t i = 0) const { return graph.shape(node.inputs[i]); }
  const Shape& y(size_t i = 0) const { return node.outputs[i].shape; }
  template <class T = void>
  const T* in(size_t i = 0) const {
    return static_cast<const T*>(static_cast<const void*>(inputs[i].data()));
  }
  template <class T = void>
  T* out(size_t i = 0) const {
    return static_cast<T*>(static_cast<void*>(outputs[i].data()));
  }
  void* scratch(size_t bytes) {
    scratches.emplace_back(bytes);
    return scratches.back().data();
  }
  template <class Attrs>
  const Attrs& attributes() const {
    return node.attributes.as<Attrs>();
  }
};

struct OpLaunch {
  void (*run)(OpRun&);
  bool channels_last = true;  ///< how images lie in memory
  bool narrow = true;         ///< whether the op takes bfloat16 and float16
};

/// Of every op that our kernels run.
const std::map<const OpDef*, OpLaunch>& op_launches();

/// Parts of that table.
std::map<const OpDef*, OpLaunch> layer_launches();
std::map<const OpDef*, OpLaunch> element_launches();
std::map<const OpDef*, OpLaunch> training_launches();

/// N H W, or N for features.
inline int64_t rows_of(const Shape& shape) {
  return shape.rank() == 4 ? shape[0] * shape[2] * shape[3] : shape[0];
}

}  // namespace residual::cuda::kernels::tests
