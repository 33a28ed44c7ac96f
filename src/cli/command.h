// The commands of the program; one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace residual::cli {

/// A command as main.cpp knows it: CLI11 fills what `run` reads, then `run` does the work. Returns the program's exit code;
/// throws Error.
struct Command {
  CLI::App* options;
  std::function<int()> run;
};

/// command_line: what the program was called with, for the report.
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
