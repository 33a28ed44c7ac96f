// The options of `residual train`, and what they mean for a data set.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "data/dataset.h"
#include "data/preprocess.h"
#include "train/options.h"

namespace residual::cli {

struct TrainArguments {
  DataArguments data;
  MachineArguments machine;
  std::string model = "resnet20", init = "he";
  NetworkOptions network;
  int64_t epochs = 30, batch_size = 128, seed = 0;
  std::string optimizer = "sgd", schedule = "cosine", augment = "auto", milestones;
  std::optional<double> lr, momentum, weight_decay, gamma;
  std::optional<int64_t> warmup, step_epochs;
  bool nesterov = false;
  double label_smoothing = 0;
  std::string preprocess, mean, std;
  std::string out;
  double checkpoint_minutes = 10;
  bool resume = false, quiet = false, json = false;
  std::string command;  ///< the command line, for the report

  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for what is out of range or contradicts itself, whatever the data.
  void check();
  std::optional<Shape> wanted_input() const;
};

/// Everything settled: the network fits the data, what was not given has its default.
train::TrainOptions settle(const TrainArguments& arguments, const data::DataSource& source);

/// --preprocess, or --mean and --std, or else the training pictures' own mean and standard deviation.
data::Preprocessing preparation(const TrainArguments& arguments, const train::TrainOptions& options,
                                const data::DataSource& source);

}  // namespace residual::cli
