// The help of commands with many options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace residual::cli {

/// --help lists these groups of options by their names alone; --help-all explains them.
void shorten_help(CLI::App& command, std::vector<std::string> groups);

}  // namespace residual::cli
