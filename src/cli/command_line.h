// The arguments of the program: what is checked beside CLI11's own checks, and how mistakes are explained.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace residual::cli {

/// The arguments that this process was given, quoted for a shell: "residual train --data shapes".
std::string command_line();

// arguments: without the program's name.

/// Throws CLI::ParseError for a command that does not exist and for an option that is given twice.
void check_arguments(CLI::App& program, std::span<char* const> arguments);

/// The message for a mistake that was found: what it is, and where to look; misspelt options with the nearest name.
std::string explain(CLI::App& program, std::span<char* const> arguments, const CLI::ParseError& error);

}  // namespace residual::cli
