// residual completion: a script that completes commands, options and values in the user's shell.
#include <memory>

#include "cli/command.h"
#include "cli/documents/documents.h"
#include "cli/options/listed_values.h"
#include "cli/terminal/output.h"
#include "core/error.h"

namespace residual::cli {
namespace {

struct Shell {
  std::string name;
  std::string (*script)(const CommandText& program);
};

const Shell kShells[] = {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

std::vector<std::string> shells() {
  std::vector<std::string> names;
  for (const Shell& shell : kShells) names.push_back(shell.name);
  return names;
}

int run_completion(CLI::App& program, const std::string& wanted) {
  for (const Shell& shell : kShells) {
    if (shell.name != wanted) continue;
    print(shell.script(describe(program)));
    return 0;
  }
  fail(ErrorKind::kUsage, "there is no completion for the shell '{}', expected {}", wanted, alternatives(shells()));
}

}  // namespace

Command add_completion(CLI::App& program) {
  CLI::App* command = program.add_subcommand("completion", "Print a script that completes commands and options in a shell");
  auto shell = std::make_shared<std::string>();
  list_values(command->add_option("SHELL", *shell, "The shell")->required(), shells());
  command->footer(
      "Examples:\n  residual completion bash > ~/.local/share/bash-completion/completions/residual\n"
      "  residual completion zsh > ~/.zfunc/_residual\n"
      "  residual completion fish > ~/.config/fish/completions/residual.fish");
  return {command, [&program, shell] { return run_completion(program, *shell); }};
}

}  // namespace residual::cli
