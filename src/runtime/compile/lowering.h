// From a graph to steps: regions, layouts, implementations, reorders and transfers. Memory is assigned afterwards.
#pragma once

#include <vector>

#include "runtime/plan.h"

namespace residual {

/// For every step of Plan::steps, where its outputs may or must share the memory of its inputs.
using StepAliases = std::vector<std::vector<Implementation::Alias>>;

/// Fills plan.devices, values, prepare, steps, inputs, outputs, variables and choices from plan.graph and plan.threads.
StepAliases lower(Plan& plan, const Target& target, const KernelChoices& choices);

}  // namespace residual
