// A model with its weights from a file of any program, and options for what the file does not say.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options/network_options.h"
#include "convert/load.h"

namespace residual::cli {

/// What a file of weights may not say.
struct WeightsArguments {
  std::string network;  ///< its name or description; empty: as the file says or its tensors identify it
  NetworkOptions network_options;
  std::string preprocess;  ///< a preset's name or file; empty: as the file says

  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for a name that is not known.
  convert::LoadOptions options() const;
};

/// Throws Error (kUsage): the preprocessing of the model in `file` is unknown, and how to specify it.
[[noreturn]] void refuse_unprepared(const std::string& file);

/// A file and what it may not say.
struct ModelArguments {
  std::string file;
  WeightsArguments weights;

  void add_to(CLI::App& command);
  convert::LoadedModel load() const;
  /// The same for images: refuses a model whose preprocessing is unknown.
  eval::Model load_for_images() const;
};

}  // namespace residual::cli
