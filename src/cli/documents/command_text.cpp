#include "cli/documents/command_text.h"

#include <algorithm>

namespace residual::cli {
namespace {

OptionText describe(CLI::Option& option) {
  OptionText text;
  text.positional = option.get_positional();
  if (text.positional) {
    text.names = {option.get_name(true)};
  } else {
    for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  }
  if (option.get_type_size() != 0) text.value = option.get_type_name();
  text.by_default = option.get_default_str();
  text.help = option.get_description();
  text.group = option.get_group();
  text.choices = listed_values(option).value_or(ListedValues{{}, false});
  text.required = option.get_required();
  text.repeated = option.get_expected_max() > 1;
  return text;
}

CommandText describe(CLI::App& command, const std::string& name) {
  CommandText text{name, command.get_description(), command.get_footer(), {}, {}};
  for (CLI::Option* option : command.get_options()) text.options.push_back(describe(*option));
  std::ranges::stable_partition(text.options, [](const OptionText& option) { return option.positional; });
  for (CLI::App* sub : command.get_subcommands([](CLI::App*) { return true; }))
    text.commands.push_back(describe(*sub, name + " " + sub->get_name()));
  return text;
}

}  // namespace

std::string CommandText::words() const {
  const size_t space = name.find(' ');
  return space == std::string::npos ? "" : name.substr(space + 1);
}

CommandText describe(CLI::App& program) {
  return describe(program, program.get_name());
}

std::string usage(const CommandText& command) {
  std::string line = command.name + " [OPTIONS]";
  if (!command.commands.empty()) line += " COMMAND";
  for (const OptionText& option : command.options) {
    if (!option.positional) continue;
    const std::string name = option.names.front() + (option.repeated ? "..." : "");
    line += option.required ? " " + name : " [" + name + "]";
  }
  return line;
}

}  // namespace residual::cli
