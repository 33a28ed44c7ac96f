// Completion scripts for bash, zsh and fish.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/documents/documents.h"

namespace residual::cli {
namespace {

// Text between single quotes of a shell; `special` letters get a backslash.
std::string in_quotes(std::string_view text, std::string_view special = "") {
  std::string result = "'";
  for (const char letter : text) {
    if (special.find(letter) != std::string_view::npos) result += '\\';
    result += letter == '\'' ? std::string("'\\''") : letter == '\n' ? std::string(" ") : std::string(1, letter);
  }
  return result + "'";
}

// "--optimizer --learning-rate --lr", without what help options share.
std::string names_of(const CommandText& command) {
  std::vector<std::string> names;
  for (const OptionText& option : command.options) {
    if (!option.positional) names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string subcommands_of(const CommandText& command) {
  std::vector<std::string> names;
  for (const CommandText& sub : command.commands) names.push_back(sub.name.substr(sub.name.rfind(' ') + 1));
  return fmt::format("{}", fmt::join(names, " "));
}

// What can stand where no option is expected: commands, and the names that positional options take.
std::string words_of(const CommandText& command) {
  std::string words = subcommands_of(command);
  for (const OptionText& option : command.options) {
    if (option.positional) words += fmt::format(" {}", fmt::join(option.choices.names, " "));
  }
  return words;
}

constexpr std::string_view kBash = R"(# bash completion of residual, made by `residual completion bash`.
_residual() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= words= index
  COMPREPLY=()
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case "$command/${{COMP_WORDS[index]}}" in
{}    esac
  done
  case "$command $before" in
{}  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$current $command" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _residual residual
)";

std::string zsh_function(const CommandText& command) {
  std::string name = command.name;
  for (char& letter : name) letter = letter == ' ' ? '_' : letter;
  return "_" + name;
}

// "name[help]:VALUE:(a b c)", one for each of the option's names.
std::string zsh_option(const OptionText& option) {
  std::string values;
  if (!option.value.empty() || option.positional) {
    const std::string names = fmt::format("({})", fmt::join(option.choices.names, " "));
    const bool files = !option.choices.closed;
    std::string action = files ? "_files" : names;
    if (files && !option.choices.names.empty())
      action = fmt::format("{{_alternative \"names:name:{}\" \"files:file:_files\"}}", names);
    values = fmt::format(":{}:{}", option.positional ? option.names.front() : option.value, action);
  }
  if (option.positional) return fmt::format(" \\\n    {}", in_quotes((option.repeated ? "*" : "") + values));
  std::string text;
  for (const std::string& name : option.names) {
    std::string help = in_quotes(option.help, "[]:\\");
    help = help.substr(1, help.size() - 2);
    text += fmt::format(" \\\n    '({}){}[{}]{}'", fmt::join(option.names, " "), name, help, values);
  }
  return text;
}

std::string zsh_commands(const CommandText& command) {
  std::string names, calls;
  for (const CommandText& sub : command.commands) {
    const std::string name = sub.name.substr(sub.name.rfind(' ') + 1);
    names += fmt::format("        {}\n", in_quotes(name + ":" + sub.summary));
    calls += fmt::format("        {}) {} ;;\n", name, zsh_function(sub));
  }
  return fmt::format(
      "  case $state in\n    command)\n      local -a commands=(\n{}      )\n      _describe command commands ;;\n    argument)\n"
      "      case $words[1] in\n{}      esac ;;\n  esac\n",
      names, calls);
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  std::string commands, values, words;
  for_each_command(program, [&](const CommandText& command) {
    const std::string path = command.words();
    for (const CommandText& sub : command.commands) {
      commands += fmt::format("      {}) command={} ;;\n", in_quotes(path + "/" + sub.name.substr(sub.name.rfind(' ') + 1)),
                              in_quotes(sub.words()));
    }
    for (const OptionText& option : command.options) {
      if (option.positional || option.value.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.names) patterns += (patterns.empty() ? "" : "|") + in_quotes(path + " " + name);
      if (option.choices.closed)
        values +=
            fmt::format("    {}) words={} ;;\n", patterns, in_quotes(fmt::format("{}", fmt::join(option.choices.names, " "))));
      else  // an empty answer: the names of files
        values += fmt::format("    {}) COMPREPLY=($(compgen -W {} -- \"$current\")); return ;;\n", patterns,
                              in_quotes(fmt::format("{}", fmt::join(option.choices.names, " "))));
    }
    words += fmt::format("    -*{}) words={} ;;\n", in_quotes(" " + path), in_quotes(names_of(command)));
    words += fmt::format("    *{}) words={} ;;\n", in_quotes(" " + path), in_quotes(words_of(command)));
  });
  return fmt::format(kBash, commands, values, words);
}

std::string zsh_completion(const CommandText& program) {
  std::string text = "#compdef residual\n# zsh completion of residual, made by `residual completion zsh`.\n";
  for_each_command(program, [&](const CommandText& command) {
    const bool inner = !command.commands.empty();
    text += fmt::format("\n{}() {{\n{}  _arguments{}", zsh_function(command),
                        inner ? "  local context state state_descr line\n  typeset -A opt_args\n" : "", inner ? " -C" : "");
    for (const OptionText& option : command.options) text += zsh_option(option);
    text += inner ? " \\\n    '1:command:->command' \\\n    '*::argument:->argument'\n" + zsh_commands(command) : "\n";
    text += "}\n";
  });
  return text + "\n_residual \"$@\"\n";
}

std::string fish_completion(const CommandText& program) {
  std::string text = "# fish completion of residual, made by `residual completion fish`.\ncomplete -c residual -f\n";
  for_each_command(program, [&](const CommandText& command) {
    std::string words = command.words(), condition;
    for (size_t space; !words.empty(); words = space == std::string::npos ? "" : words.substr(space + 1)) {
      space = words.find(' ');
      condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", words.substr(0, space));
    }
    const std::string subs = subcommands_of(command);
    const std::string none = subs.empty() ? "" : fmt::format("not __fish_seen_subcommand_from {}", subs);
    const std::string here = condition.empty() ? none : none.empty() ? condition : condition + "; and " + none;
    for (const CommandText& sub : command.commands) {
      text += fmt::format("complete -c residual -n {} -a {} -d {}\n", in_quotes(here), sub.name.substr(sub.name.rfind(' ') + 1),
                          in_quotes(sub.summary));
    }
    for (const OptionText& option : command.options) {
      text += fmt::format("complete -c residual -n {}", in_quotes(here));
      for (const std::string& name : option.names) {
        if (!option.positional) text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.positional || !option.value.empty()) {
        const std::string names = fmt::format("{}", fmt::join(option.choices.names, " "));
        text += option.positional ? " -F" : option.choices.closed ? " -x" : " -r -F";
        if (!names.empty()) text += " -a " + in_quotes(names);
      }
      text += fmt::format(" -d {}\n", in_quotes(option.help));
    }
  });
  return text;
}

}  // namespace residual::cli
