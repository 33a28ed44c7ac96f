// Where the values of a plan live: when each is needed, whose memory it may take over, its offset in the arena.
#pragma once

#include "runtime/lowering.h"

namespace residual {

/// Sets the offsets of plan.values and of scratch memory, plan.prepared, and the sizes of arenas and prepared memory. Adds copies
/// where a kernel must write into the memory of an input that others still need.
void place(Plan& plan, StepAliases aliases);

}  // namespace residual
