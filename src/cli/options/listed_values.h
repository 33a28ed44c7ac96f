// The values that an option may have, for its help, the shell's completion and the reference.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace residual::cli {

struct ListedValues {
  std::vector<std::string> names;
  bool closed = true;  ///< there are no other values
};

/// Ends the option's help with "… : a, b or c". The library refuses other values, not the option.
CLI::Option* list_values(CLI::Option* option, const std::vector<std::string>& names);

/// Names that the shell completes beside the names of files.
CLI::Option* suggest(CLI::Option* option, const std::vector<std::string>& names);

/// What one of these two listed; none for other options.
std::optional<ListedValues> listed_values(CLI::Option& option);

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& names);

/// --split: one of a data set's splits; empty where it is not given.
void add_split(CLI::App& command, std::string& split);

}  // namespace residual::cli
