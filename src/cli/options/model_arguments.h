// A model loaded from a file of any supported program, and options for what the file does not contain.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options/network_options.h"
#include "convert/load.h"

namespace residual::cli {

/// What a file of weights may not contain.
struct WeightsArguments {
  std::string network;  ///< its name or description; empty: as recorded in the file or recognised by its tensors
  NetworkOptions network_options;
  std::string preprocess;  ///< a preset's name or file; empty: as recorded in the file
  std::string weights_in;  ///< see convert::LoadOptions

  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for an unknown name.
  convert::LoadOptions options() const;
};

/// --weights-in, see convert::LoadOptions.
void add_weights_in(CLI::App& command, std::string& weights_in);

/// Throws Error (kUsage): the preprocessing of the model in `file` is unknown; the message explains how to specify it.
[[noreturn]] void refuse_unprepared(const std::string& file);

/// A file or the name of published weights, with options for what a file may not contain.
struct ModelArguments {
  std::string file;
  WeightsArguments weights;

  void add_to(CLI::App& command);
  convert::LoadedModel load() const;
  /// The same for use on images: rejects a model whose preprocessing is unknown.
  eval::Model load_for_images() const;
};

}  // namespace residual::cli
