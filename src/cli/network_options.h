// The options that vary a network, shared by every command that names one.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "models/architecture.h"

namespace residual::cli {

struct NetworkOptions {
  std::string input, shortcut, shortcut_pool, norm, stem, block;
  bool stride_on_1x1 = false;

  /// All but --input, which a file of weights says itself.
  void add_choices_to(CLI::App& command);
  void add_to(CLI::App& command);
  /// Whether any of them is given, --input aside.
  bool any() const;
  /// Sets the architecture's choices. Throws Error (kUsage) for words that are not known and for what the network does not have.
  void apply(models::Architecture& architecture) const;
};

/// Whether `model` is the name of a description's file, by its ending.
bool is_description(const std::string& model);

/// The network that `model` names, or that the description in the file `model` (.json, .toml) describes, with its published input
/// and classes. Throws Error (kUsage, kBadFile).
models::Architecture architecture_named(const std::string& model);

}  // namespace residual::cli
