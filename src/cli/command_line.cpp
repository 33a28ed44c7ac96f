#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "core/json_text.h"
#include "core/nearest_name.h"

namespace residual::cli {
namespace {

std::string quoted(const std::string& argument) {
  if (!argument.empty() &&
      argument.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,+=:") == std::string::npos) {
    return argument;
  }
  std::string result = "'";
  for (const char letter : argument) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return result + "'";
}

// "residual data info"
std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name() : full_name(*command.get_parent()) + " " + command.get_name();
}

std::vector<std::string> commands_of(CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands([](CLI::App*) { return true; })) names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> options_of(CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

[[noreturn]] void refuse(const std::string& message) {
  throw CLI::ExtrasError(message, CLI::ExitCodes::ExtrasError);
}

// The command that the first arguments name, however deep; they are taken off. It stops at a name that does not exist.
CLI::App& named_command(CLI::App& program, std::span<char* const>& arguments) {
  CLI::App* command = &program;
  while (!arguments.empty()) {
    const std::vector<std::string> commands = commands_of(*command);
    if (std::ranges::find(commands, arguments.front()) == commands.end()) break;
    command = command->get_subcommand(arguments.front());
    arguments = arguments.subspan(1);
  }
  return *command;
}

void refuse_repeated_options(CLI::App& command, std::span<char* const> arguments) {
  std::set<const CLI::Option*> given;
  for (const std::string_view argument : arguments) {
    if (argument == "--") return;
    if (!argument.starts_with("--")) continue;
    const std::string name(argument.substr(0, argument.find('=')));
    const CLI::Option* option = command.get_option_no_throw(name);
    if (option != nullptr && !given.insert(option).second) {
      refuse(fmt::format("{} is given twice; omit one{}", name,
                         option->get_lnames().size() > 1 ? " (" + option->get_name(false, true) + ")" : ""));
    }
  }
}

}  // namespace

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // unlike the buffer's iterator, throws nothing where reading fails
  const std::string bytes = text.str();
  std::string line = "residual";
  for (size_t from = bytes.find('\0') + 1; from != 0 && from < bytes.size(); from = bytes.find('\0', from) + 1)
    line += " " + quoted(bytes.c_str() + from);
  return line;
}

void check_arguments(CLI::App& program, std::span<char* const> arguments) {
  CLI::App& command = named_command(program, arguments);
  const std::vector<std::string> commands = commands_of(command);
  if (!commands.empty() && !arguments.empty() && arguments.front()[0] != '-') {
    refuse(fmt::format("no command{} is called '{}'{}; there are {}",
                       &command == &program ? "" : fmt::format(" of `{}`", full_name(command)), printable(arguments.front()),
                       nearest_hint(arguments.front(), commands), fmt::join(commands, ", ")));
  }
  refuse_repeated_options(command, arguments);
}

std::string explain(CLI::App& program, std::span<char* const> arguments, const CLI::ParseError& error) {
  CLI::App& command = named_command(program, arguments);
  std::string what = error.what();
  for (const std::string& extra : command.remaining()) {
    if (!extra.starts_with("-")) continue;
    const std::string name = extra.substr(0, extra.find('='));
    what = fmt::format("{} has no option {}{}", full_name(command), printable(name), nearest_hint(name, options_of(command)));
    break;
  }
  return fmt::format("{}\nresidual: `{} --help` shows what is expected", what, full_name(command));
}

}  // namespace residual::cli
