// The commands of the program, one per file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace residual::cli {

/// A command as main.cpp sees it: CLI11 parses its options, then `run` executes it. Returns the program's exit code; throws
/// Error.
struct Command {
  CLI::App* options;
  std::function<int()> run;
};

/// command_line: the program's arguments, for the report.
Command add_train(CLI::App& program, const std::string& command_line);
Command add_eval(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_summary(CLI::App& program);
Command add_bench(CLI::App& program);
Command add_data(CLI::App& program);
Command add_fetch(CLI::App& program);
Command add_models(CLI::App& program);
Command add_convert(CLI::App& program);
Command add_verify(CLI::App& program);

}  // namespace residual::cli
