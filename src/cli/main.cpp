// The program `residual`: finds the command, runs it, and turns an exception into one message and an exit code.
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "build_switches.h"
#include "cli/command.h"
#include "cli/openmp_wait.h"
#include "cli/terminal/exhaustion.h"
#include "cli/terminal/lost_pages.h"
#include "cli/terminal/output.h"
#include "core/error.h"
#include "residual/version.h"

namespace residual::cli {
namespace {

// An argument quoted for a shell.
std::string quoted(const std::string& argument) {
  if (!argument.empty() &&
      argument.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,+=:") == std::string::npos) {
    return argument;
  }
  std::string result = "'";
  for (const char letter : argument) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

std::string command_line(int count, char** arguments) {
  std::string line = "residual";
  for (int i = 1; i < count; ++i) line += " " + quoted(arguments[i]);
  return line;
}

int run(const std::vector<Command>& commands) {
  try {
    for (const Command& command : commands) {
      if (*command.options) return command.run();
    }
    return 0;
  } catch (const ReaderGone&) {
    return 0;
  } catch (const Error& error) {
    complain(error.what());
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    complain("memory is exhausted; a smaller --batch-size or --input needs less");
    return exit_code(ErrorKind::kResource);
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_code(ErrorKind::kOther);
  }
}

// Help and version go to standard output, errors to standard error.
int finish_parsing(const CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text, nothing;
    program.exit(error, text, nothing);
    try {
      print(text.str());
    } catch (const ReaderGone&) {
      return 0;
    } catch (const Error& failure) {
      complain(failure.what());
      return exit_code(failure.kind());
    }
    return 0;
  }
  const CLI::App* where = &program;
  for (const CLI::App* command : program.get_subcommands()) where = command;
  complain(fmt::format("{}\nresidual: `residual{} --help` shows what is expected", error.what(),
                       where == &program ? "" : " " + where->get_name()));
  return exit_code(ErrorKind::kUsage);
}

std::string version_text() {
  return fmt::format("residual {}{}", kVersion, build_switches::kFetch ? "" : ", built without downloads (RESIDUAL_FETCH)");
}

// CLI11 reports an unknown command as a missing one.
void refuse_unknown_command(const CLI::App& program, int count, char** arguments) {
  if (count < 2 || arguments[1][0] == '-') return;
  std::string known;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == arguments[1]) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw CLI::ExtrasError(fmt::format("no command is called '{}'; there are {}", arguments[1], known),
                         CLI::ExitCodes::ExtrasError);
}

}  // namespace

int main(int count, char** arguments) {
  let_idle_threads_sleep(arguments);
  prepare_streams();
  explain_lost_pages();
  explain_exhaustion();
  show_messages(false);
  CLI::App program("Trains, evaluates and uses residual networks for images.", "residual");
  program.set_version_flag("--version", version_text());
  program.require_subcommand(1);
  program.footer(
      "Examples:\n  residual train --data shapes\n  residual predict runs/resnet20-shapes/best.safetensors image.png\n\n"
      "`residual COMMAND --help` shows its options.");
  const std::vector<Command> commands = {add_train(program, command_line(count, arguments)),
                                         add_eval(program),
                                         add_predict(program),
                                         add_summary(program),
                                         add_bench(program),
                                         add_data(program),
                                         add_fetch(program),
                                         add_models(program),
                                         add_convert(program),
                                         add_verify(program)};
  try {
    refuse_unknown_command(program, count, arguments);
    program.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return finish_parsing(program, error);
  }
  return run(commands);
}

}  // namespace residual::cli

int main(int count, char** arguments) {
  const int code = residual::cli::main(count, arguments);
  residual::cli::ends_normally();
  return code;
}
