// Options shared by several commands, and their parsing.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/target.h"
#include "cli/options/network_options.h"
#include "core/tensor/shape.h"
#include "data/dataset.h"
#include "eval/model.h"
#include "models/table.h"
#include "runtime/target.h"

namespace residual::cli {

/// The device that kernels run on, and the number of threads.
struct MachineArguments {
  std::string device = "auto", precision;
  bool deterministic = false;
  int threads = 0;
  int loader_threads = 1;
  bool tune = true;

  void add_to(CLI::App& command, bool with_loader);
  /// Throws Error (kUsage) for a device not built in and for thread counts out of range; threads 0 becomes the
  /// number of processors that this process may use.
  void check();
  Target target() const;
  /// The target for a few runs, which take less time than timing kernels would.
  Target untuned_target() const;

 private:
  TargetOptions options() const;
};

/// The data set and how it is read.
struct DataArguments {
  std::string path;
  double val_split = 0;
  bool exif_orientation = false, skip_broken = false, coarse_labels = false;
  std::string labels;  ///< a file of names, see data/labels.h
  int64_t seed = 0, train_size = data::OpenOptions{}.train_size, test_size = data::OpenOptions{}.test_size;

  /// The path is --data, or the positional PATH.
  void add_to(CLI::App& command, bool positional = false);
  /// `input`: C,H,W of the network, where known; the built-in images are drawn in that size. Throws Error.
  data::DataSource open(const std::optional<Shape>& input) const;
};

/// A network given by file or by name.
struct NetworkArguments {
  std::string model;               ///< a file of weights, a description, or a name of `residual models`
  NetworkOptions options;          ///< of a name or a description
  std::optional<int64_t> classes;  ///< of a name or a description; empty: as published

  void add_to(CLI::App& command);
  /// Whether `model` is a file or folder of weights: it exists, or it has the form of a path or of a file of weights and not that
  /// of a description. A folder with a network's name does not count.
  bool is_file() const;
  /// The network, without weights when given by name. Throws Error (kUsage, kBadFile).
  models::Architecture architecture() const;
};

/// --preprocess: a preset's name or a file, see data/preprocessing/presets.h; empty when not given.
void add_preprocess(CLI::App& command, std::string& preprocess);

/// Sets a model's class names from the file of --labels. Throws Error, (kUsage) where the number of names differs.
void name_classes(eval::Model& model, const std::string& labels);

/// "3x32x32" -> C,H,W. Throws Error (kUsage) for anything else, for C other than 1 or 3 and for sides outside 1 … kMostSide.
Shape parse_input(const std::string& text);

/// "0.49,0.48,0.45" -> numbers. Throws Error (kUsage), naming `option`.
std::vector<float> parse_numbers(const std::string& text, const char* option);

/// Throws Error (kUsage), naming the option, when value is out of range.
void check_range(const char* option, int64_t value, int64_t least, int64_t most);

}  // namespace residual::cli
