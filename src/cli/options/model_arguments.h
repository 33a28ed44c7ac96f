// A model with its weights from a file of any program, and what the file may not say about it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options/network_options.h"
#include "convert/load.h"

namespace residual::cli {

/// What a file of weights may leave open.
struct WeightsArguments {
  std::string network;  ///< its name or description; empty: as the file says or its tensors tell
  NetworkOptions network_options;
  std::string preprocess;  ///< a preset's name or file; empty: as the file says

  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for a name that is not known.
  convert::LoadOptions options() const;
};

/// Throws Error (kUsage): nobody says how images are prepared for the model in `file`, and what to do about it.
[[noreturn]] void refuse_unprepared(const std::string& file);

/// A file and what it may leave open.
struct ModelArguments {
  std::string file;
  WeightsArguments weights;

  void add_to(CLI::App& command);
  convert::LoadedModel load() const;
  /// The same for images: refuses, with what to do, a file of which nobody says how images are prepared.
  eval::Model load_for_images() const;
};

}  // namespace residual::cli
