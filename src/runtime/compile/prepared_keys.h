// Keys that identify the prepared values of a plan, independent of the plan.
#pragma once

#include <string>
#include <vector>

#include "runtime/plan.h"

namespace residual {

/// One key for each entry of plan.prepared: the Variables and constants that it is computed from, the ops and kernels that
/// compute it, its layout and device. Values of equal keys have the same bytes for the same State, whatever the batch size.
std::vector<std::string> prepared_keys(const Plan& plan);

}  // namespace residual
