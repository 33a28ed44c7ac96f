// The options that vary a network, shared by every command that names one.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "residual/network.h"

namespace residual::cli {

struct NetworkOptions {
  std::string input;  ///< CxHxW
  std::string shortcut, shortcut_pool, norm, stem, stem_pool, block;
  std::optional<int64_t> output_stride;
  bool stride_on_1x1 = false;

  /// Adds all options but --input.
  void add_choices_to(CLI::App& command);
  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for a value that is not in the list.
  NetworkChoices choices() const;
};

}  // namespace residual::cli
