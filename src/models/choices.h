// Networks as the command line names them: a name or a description's file, and choices in words.
#pragma once

#include <string>

#include "models/architecture.h"

namespace residual::models {

/// Variations of a residual or plain network, in words; an empty one keeps the network as it was published.
struct Choices {
  std::string shortcut;       ///< "A", "B", "C", "none"
  std::string shortcut_pool;  ///< "subsample", "max", "average"
  std::string norm;           ///< "batch", "none"
  std::string stem;           ///< "small", "published"
  std::string block;          ///< "separable", "standard"
  bool stride_on_1x1 = false;

  bool any() const;
};

/// Adds the choices to those of the architecture. Throws Error (kUsage) for unknown words and for a choice that the network does
/// not have.
void choose(const Choices& choices, Architecture& architecture);

/// Whether `network` names a file of a description (.json, .toml).
bool is_description(const std::string& network);
/// A network by its name, or described in a file, as it was published. Throws Error: kUsage for an unknown name, kBadFile for the
/// file.
Architecture architecture_of(const std::string& name_or_file);

}  // namespace residual::models
