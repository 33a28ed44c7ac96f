// The options of `residual train` that are made from the table of hyperparameters.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "residual/hyperparameters.h"

namespace residual::cli {

/// "step_epochs" -> "--step-epochs"
std::string option_of(std::string_view hyperparameter);

/// Adds an option for every hyperparameter, which sets its field. `values` must outlive the command.
void add_hyperparameters(CLI::App& command, Hyperparameters& values);

}  // namespace residual::cli
