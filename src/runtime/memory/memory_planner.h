// Memory of a plan's values: when each is alive, whose memory it may reuse, its offset in the arena.
#pragma once

#include "runtime/compile/lowering.h"

namespace residual {

/// Sets the offsets of plan.values and of scratch memory, plan.prepared, and the sizes of arenas and prepared memory. Adds copies
/// where a kernel must write into the memory of an input that later steps still read.
void plan_memory(Plan& plan, StepAliases aliases);

}  // namespace residual
