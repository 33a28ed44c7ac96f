// From a graph to steps: subgraphs, layouts, implementations and reorders. Memory is not placed yet.
#pragma once

#include <vector>

#include "runtime/plan.h"

namespace residual {

/// For every step of Plan::steps, where its outputs may or must share the memory of its inputs.
using StepAliases = std::vector<std::vector<Implementation::Alias>>;

/// Fills plan.values, prepare, steps, inputs, outputs, variables and choices from plan.graph and plan.threads.
StepAliases lower(Plan& plan, const BackendList& backends, const PlanOptions& options);

}  // namespace residual
