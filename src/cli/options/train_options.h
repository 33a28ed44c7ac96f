// The options of `residual train`, and what they mean for a data set.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/arguments.h"
#include "cli/options/pretrained_arguments.h"
#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "train/options.h"

namespace residual::cli {

struct TrainArguments {
  DataArguments data;
  MachineArguments machine;
  std::string model;  ///< empty: that of the pretrained weights, else resnet20
  std::string init = "he";
  NetworkOptions network;
  PretrainedArguments pretrained;
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
  /// The network that was asked for; none: that of the pretrained weights.
  std::optional<models::Architecture> named_network() const;
};

/// Everything settled: the network fits the data, what was not given has its default. `pretrained`: the weights to start from.
train::TrainOptions settle(const TrainArguments& arguments, const data::DataSource& source,
                           const std::optional<convert::LoadedModel>& pretrained);

/// What --preprocess, or --mean and --std say; else the pretrained weights' own way, else the training images' mean and
/// standard deviation.
data::Preprocessing settle_preprocessing(const TrainArguments& arguments, const train::TrainOptions& options,
                                         const data::DataSource& source, const std::optional<convert::LoadedModel>& pretrained);

}  // namespace residual::cli
