// The options of `residual train`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/arguments.h"
#include "cli/options/pretrained_arguments.h"
#include "train/request.h"

namespace residual::cli {

struct TrainArguments {
  DataArguments data;
  MachineArguments machine;
  std::string model;  ///< empty: the pretrained network, else resnet20
  std::string init = "he";
  NetworkOptions network;
  PretrainedArguments pretrained;
  int64_t epochs = 30, batch_size = 128, seed = 0;
  std::string optimizer = "sgd", schedule = "cosine", augment = "auto";
  train::Settings optimizer_settings, schedule_settings;  ///< those given
  std::optional<double> learning_rate, weight_decay;
  std::optional<int64_t> warmup_steps;
  bool no_weight_decay_on_norm_and_bias = false;
  double label_smoothing = 0, clip_grad_norm = 0, ema_decay = 0;
  std::string preprocess, mean, std;
  std::string out;
  double checkpoint_minutes = 10;
  bool resume = false, quiet = false, json = false;
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
