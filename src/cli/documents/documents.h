// Documents that are made from the program's own options, so that they cannot be out of date.
#pragma once

#include <string>

#include "cli/documents/command_text.h"

namespace residual::cli {

/// Scripts for the completion of commands, options and their values.
std::string bash_completion(const CommandText& program);
std::string zsh_completion(const CommandText& program);
std::string fish_completion(const CommandText& program);

/// The manual page residual(1), as troff source.
std::string man_page(const CommandText& program);

/// The reference of all commands and options, as Markdown.
std::string markdown_reference(const CommandText& program);

}  // namespace residual::cli
