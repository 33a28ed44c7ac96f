// The manual page, in the macros of man(7).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/documents/documents.h"
#include "cli/documents/exit_codes_and_variables.h"
#include "residual/version.h"

namespace residual::cli {
namespace {

// Text whose letters troff does not interpret; a line's first letter may be its control character.
std::string plain(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if ((letter == '.' || letter == '\'') && (result.empty() || result.back() == '\n')) result += "\\&";
    if (letter == '\\')
      result += "\\e";
    else if (letter == '-')
      result += "\\-";
    else
      result += letter;
  }
  return result;
}

std::string option(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names) names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", plain(name));
  if (!option.positional && !option.value.empty()) names += fmt::format(" \\fI{}\\fR", plain(option.value));
  std::string help = plain(option.help);
  if (!option.by_default.empty()) help += fmt::format(" (default: {})", plain(option.by_default));
  return fmt::format(".TP\n{}\n{}\n", names, help);
}

std::string section(const CommandText& command) {
  std::string text = fmt::format(".SS {}\n{}.\n.PP\n.B {}\n", plain(command.name), plain(command.summary), plain(usage(command)));
  for (const OptionText& one : command.options) text += option(one);
  if (!command.examples.empty()) text += fmt::format(".PP\n.nf\n{}\n.fi\n", plain(command.examples));
  return text;
}

template <size_t N>
std::string list(std::string_view title, const Listed (&entries)[N]) {
  std::string text = fmt::format(".SH {}\n", title);
  for (const Listed& entry : entries) text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", plain(entry.name), plain(entry.meaning));
  return text;
}

}  // namespace

std::string man_page(const CommandText& program) {
  std::string text = fmt::format(
      ".TH RESIDUAL 1 \"\" \"residual {}\" \"User Commands\"\n.SH NAME\nresidual \\- train, evaluate and use residual networks "
      "for "
      "images\n.SH SYNOPSIS\n.B residual\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{}\n.SH COMMANDS\n",
      kVersion, plain(program.summary));
  for_each_command(program, [&](const CommandText& command) {
    if (&command != &program) text += section(command);
  });
  return text + list("EXIT STATUS", kExitCodes) + list("ENVIRONMENT", kVariables);
}

}  // namespace residual::cli
