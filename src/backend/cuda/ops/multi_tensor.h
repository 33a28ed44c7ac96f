// One launch for many nodes of one op that do not depend on each other: the updates of all parameters, the averages of all
// statistics. A network has hundreds of small ones, and a launch of its own for each would take longer than their work.
#pragma once

#include <memory>

#include "backend/pattern.h"

namespace residual::cuda {

std::unique_ptr<Pattern> sgd_pattern();
std::unique_ptr<Pattern> adam_pattern();
std::unique_ptr<Pattern> running_average_pattern();
std::unique_ptr<Pattern> clip_to_norm_pattern();

}  // namespace residual::cuda
