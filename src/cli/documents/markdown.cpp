// The reference as Markdown.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/documents/documents.h"
#include "cli/documents/exit_codes_and_variables.h"

namespace residual::cli {
namespace {

// Text in a cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '|' || letter == '<' || letter == '*' || letter == '_') result += '\\';
    result += letter == '\n' ? ' ' : letter;
  }
  return result;
}

std::string signature(const OptionText& option) {
  std::string text = fmt::format("`{}`", fmt::join(option.names, "`, `"));
  if (!option.positional && !option.value.empty()) text += " " + cell(option.value);
  return text;
}

std::string meaning(const OptionText& option) {
  std::string text = cell(option.help);
  if (option.required) text += " (required)";
  if (!option.by_default.empty()) text += fmt::format(" (default: {})", cell(option.by_default));
  return text;
}

std::vector<std::string> groups_of(const CommandText& command) {
  std::vector<std::string> groups;
  for (const OptionText& option : command.options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
  }
  return groups;
}

std::string tables(const CommandText& command) {
  std::string text;
  const bool several = groups_of(command).size() > 1;
  for (const std::string& group : groups_of(command)) {
    text += fmt::format("\n| {} | |\n|---|---|\n", several ? group : "Options");
    for (const OptionText& option : command.options) {
      if (option.group == group) text += fmt::format("| {} | {} |\n", signature(option), meaning(option));
    }
  }
  return text;
}

// The lines of an example are commands; those around them are sentences.
std::string examples(std::string_view footer) {
  std::string text;
  bool code = false;
  while (!footer.empty()) {
    const std::string_view line = footer.substr(0, footer.find('\n'));
    footer.remove_prefix(std::min(line.size() + 1, footer.size()));
    if (line.starts_with("  ") != code) text += code ? "```\n\n" : "\n```\n";
    code = line.starts_with("  ");
    if (!line.empty()) text += fmt::format("{}\n", line.substr(code ? 2 : 0));
  }
  return text + (code ? "```\n" : "");
}

std::string section(const CommandText& command) {
  const bool is_program = command.words().empty();
  std::string text = is_program ? "" : fmt::format("\n## {}\n\n{}.\n\n", command.name, command.summary);
  text += fmt::format("```\n{}\n```\n", usage(command)) + tables(command);
  if (!command.examples.empty()) text += "\n" + examples(command.examples);
  return text;
}

template <size_t N>
std::string table(std::string_view title, const Listed (&list)[N]) {
  std::string text = fmt::format("\n## {}\n\n| | |\n|---|---|\n", title);
  for (const Listed& entry : list) text += fmt::format("| `{}` | {} |\n", entry.name, cell(entry.meaning));
  return text;
}

}  // namespace

std::string markdown_reference(const CommandText& program) {
  std::string text =
      fmt::format("# Reference of `residual`\n\n{} This page is the output of `residual man --markdown`.\n\n", program.summary);
  for_each_command(program, [&](const CommandText& command) { text += section(command); });
  return text + table("Exit codes", kExitCodes) + table("Environment", kVariables);
}

}  // namespace residual::cli
