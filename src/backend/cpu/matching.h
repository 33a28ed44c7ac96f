// Shared by the patterns of this backend: access to the nodes of a match and to a kernel's memory.
#pragma once

#include <algorithm>
#include <vector>

#include "backend/backend.h"

namespace residual::cpu {

using Patterns = std::vector<std::unique_ptr<Pattern>>;
using Packers = std::vector<std::unique_ptr<Packer>>;

/// Whether all the tensors of a node are float32 and none is empty.
bool is_float(const Graph& graph, const Node& node);

inline const float* floats(const KernelArgs& args, size_t input) {
  return reinterpret_cast<const float*>(args.inputs[input]);
}
inline float* floats_out(const KernelArgs& args, size_t output) {
  return reinterpret_cast<float*>(args.outputs[output]);
}

}  // namespace residual::cpu
