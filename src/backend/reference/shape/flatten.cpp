#include "ops/shape/flatten.h"

#include "backend/reference/loops.h"

namespace residual::reference {
namespace {

// Both directions keep the order of the elements.
void copy(const Call& call) {
  if (call.outputs[0] == call.inputs[0] || call.output_types[0].bytes() == 0) return;
  std::memcpy(call.outputs[0], call.inputs[0], call.output_types[0].bytes());
}

}  // namespace

std::vector<LoopedOp> flatten_loops() {
  return {{&flatten_op(), {copy, copy, copy, copy}, {{0, 0}}}, {&unflatten_op(), {copy, copy, copy, copy}, {{0, 0}}}};
}

}  // namespace residual::reference
