// The options that vary a network, shared by every command that names one.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "models/choices.h"

namespace residual::cli {

struct NetworkOptions {
  std::string input;  ///< CxHxW
  models::Choices choices;

  /// All but --input.
  void add_choices_to(CLI::App& command);
  void add_to(CLI::App& command);
};

}  // namespace residual::cli
