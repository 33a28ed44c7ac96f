#include "backend/cpu/matching.h"

namespace residual::cpu {

bool is_float(const Graph& graph, const Node& node) {
  return has_types(graph, node, {DType::kF32});
}

}  // namespace residual::cpu
