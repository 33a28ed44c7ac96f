// The options of `residual train`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/arguments.h"
#include "cli/options/pretrained_arguments.h"
#include "train/options/request.h"

namespace residual::cli {

struct TrainArguments {
  DataArguments data;
  MachineArguments machine;
  std::string model;  ///< empty: the pretrained network, else resnet20
  std::string init = "he";
  NetworkOptions network;
  PretrainedArguments pretrained;
  Hyperparameters hyperparameters;
  RunOptions run;
  std::string preprocess, mean, std;
  bool quiet = false, json = false;
  std::string command;  ///< the command line, for the report

  void add_to(CLI::App& command);
  /// Throws Error (kUsage) for options that are out of range or contradictory for any data.
  void check();
  std::optional<Shape> wanted_input() const;
  /// The requested network; none: that of the pretrained weights.
  std::optional<models::Architecture> named_network() const;
  /// The run that the options specify, their texts parsed. Throws Error (kUsage).
  train::TrainRequest request() const;
  /// The output folder of a run of the network `name`: --out, or runs/NAME-DATA.
  std::filesystem::path folder(const std::string& name) const;
};

}  // namespace residual::cli
