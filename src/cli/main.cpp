// The program `residual`: finds the command, runs it, and turns an exception into one message and an exit code.
#include <algorithm>
#include <exception>
#include <new>
#include <span>
#include <sstream>
#include <system_error>
#include <vector>

#include "build_switches.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/process/exhaustion.h"
#include "cli/process/lost_pages.h"
#include "cli/process/openmp_wait.h"
#include "cli/terminal/output.h"
#include "core/error.h"
#include "core/system/system_error.h"
#include "residual/version.h"

namespace residual::cli {
namespace {

std::string version_text() {
  return fmt::format("residual {}{}", kVersion, build_switches::kFetch ? "" : ", built without downloads (RESIDUAL_FETCH)");
}

// Help and version go to standard output, mistakes to standard error.
int finish_parsing(CLI::App& program, std::span<char* const> arguments, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text, nothing;
    program.exit(error, text, nothing);
    print(text.str());
    return 0;
  }
  complain(explain(program, arguments, error));
  return exit_code(ErrorKind::kUsage);
}

int run(int count, char** arguments) {
  CLI::App program("Trains, evaluates and uses residual networks for images.", "residual");
  program.set_version_flag("--version", version_text());
  program.set_help_all_flag("--help-all", "Print the help with all options and exit");
  program.require_subcommand(1);
  program.footer(
      "Examples:\n  residual train --data shapes\n  residual predict runs/resnet20-shapes/best.safetensors image.png\n\n"
      "`residual COMMAND --help` shows its options.");
#define RESIDUAL_ADD(NAME) add_##NAME(program),
  const std::vector<Command> commands = {RESIDUAL_COMMANDS(RESIDUAL_ADD)};
#undef RESIDUAL_ADD
  const auto given = std::span(arguments, static_cast<size_t>(count)).subspan(std::min(count, 1));
  try {
    check_arguments(program, given);
    program.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return finish_parsing(program, given, error);
  }
  for (const Command& command : commands) {
    if (*command.options) return command.run();
  }
  return 0;
}

int complain_of(std::string_view message, ErrorKind kind) noexcept {
  complain(message);
  return exit_code(kind);
}

// Of the exception that is handled; takes no memory, since there may be none.
int exit_code_of_exception() noexcept {
  try {
    throw;
  } catch (const ReaderGone&) {
    return 0;
  } catch (const Error& error) {
    return complain_of(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return complain_of("memory is exhausted; a smaller --batch-size or --input needs less", ErrorKind::kResource);
  } catch (const std::system_error& error) {
    return complain_of(error.what(), kind_of(error.code(), ErrorKind::kOther));
  } catch (const std::exception& error) {
    return complain_of(error.what(), ErrorKind::kOther);
  } catch (...) {
    return complain_of("an unknown exception ended the program", ErrorKind::kOther);
  }
}

}  // namespace

int main(int count, char** arguments) noexcept {
  try {
    let_idle_threads_sleep(arguments);
    prepare_streams();
    explain_lost_pages();
    explain_exhaustion();
    show_messages(false);
    return run(count, arguments);
  } catch (...) {
    return exit_code_of_exception();
  }
}

}  // namespace residual::cli

int main(int count, char** arguments) {
  const int code = residual::cli::main(count, arguments);
  residual::cli::ends_normally();
  return code;
}
