// The table of the program's commands, one per file.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace residual::cli {

/// A command as main.cpp sees it: CLI11 parses its options, then `run` executes it. Returns the program's exit code; throws
/// Error.
struct Command {
  CLI::App* options;
  std::function<int()> run;
};

/// Every command, in the order of the program's help: ENTRY(NAME) stands for `Command add_NAME(CLI::App& program)`, which
/// commands/NAME.cpp defines.
#define RESIDUAL_COMMANDS(ENTRY) \
  ENTRY(train)                   \
  ENTRY(eval)                    \
  ENTRY(predict)                 \
  ENTRY(summary)                 \
  ENTRY(bench)                   \
  ENTRY(data)                    \
  ENTRY(fetch)                   \
  ENTRY(models)                  \
  ENTRY(devices)                 \
  ENTRY(convert)                 \
  ENTRY(verify)                  \
  ENTRY(completion)              \
  ENTRY(man)

#define RESIDUAL_DECLARE(NAME) Command add_##NAME(CLI::App& program);
RESIDUAL_COMMANDS(RESIDUAL_DECLARE)
#undef RESIDUAL_DECLARE

}  // namespace residual::cli
