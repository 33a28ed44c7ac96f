// The program's commands and options as data, from which its documents are made.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/options/listed_values.h"

namespace residual::cli {

struct OptionText {
  std::vector<std::string> names;  ///< "--learning-rate", "--lr"; a positional one has a single name, "MODEL"
  std::string value;               ///< what follows the name, "INT"; empty for a flag
  std::string by_default;          ///< where its help does not say it
  std::string help, group;
  ListedValues choices;
  bool positional = false, required = false, repeated = false;
};

struct CommandText {
  std::string name;  ///< "residual data info"
  std::string summary, examples;
  std::vector<OptionText> options;  ///< positional ones first
  std::vector<CommandText> commands;

  /// "data info": the name without that of the program.
  std::string words() const;
};

/// The whole program. `--help` and the like are among the options of each command.
CommandText describe(CLI::App& program);

/// "residual data info [OPTIONS] PATH".
std::string usage(const CommandText& command);

/// Calls use(command) for the program and every command below it, in the order of the help.
template <typename Use>
void for_each_command(const CommandText& command, Use&& use) {
  use(command);
  for (const CommandText& sub : command.commands) for_each_command(sub, use);
}

}  // namespace residual::cli
