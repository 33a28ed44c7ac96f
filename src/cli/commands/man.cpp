// residual man: the manual page, or the reference of all options.
#include <memory>

#include "cli/command.h"
#include "cli/documents/documents.h"
#include "cli/terminal/output.h"

namespace residual::cli {

Command add_man(CLI::App& program) {
  CLI::App* command = program.add_subcommand("man", "Print the manual page of all commands and options");
  auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "Markdown, as docs/REFERENCE.md, instead of the source of a manual page");
  command->footer("Examples:\n  residual man | man -l -\n  residual man --markdown > REFERENCE.md");
  return {command, [&program, markdown] {
            print(*markdown ? markdown_reference(describe(program)) : man_page(describe(program)));
            return 0;
          }};
}

}  // namespace residual::cli
