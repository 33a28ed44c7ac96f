// Training that starts from the weights of a trained network.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "convert/load.h"
#include "train/transfer.h"

namespace residual::cli {

struct PretrainedArguments {
  std::string file;        ///< empty: weights are drawn
  std::string weights_in;  ///< see convert::LoadOptions

  void add_to(CLI::App& command);
  bool given() const { return !file.empty(); }
  /// The file's model; `named`: the network the user asked for, if any. Throws Error (kBadFile, kUsage), also for a network that
  /// cannot be trained.
  std::optional<convert::LoadedModel> load(const std::optional<models::Architecture>& named) const;
  /// One line for the user: which weights are transferred and which are new.
  std::string describe(const convert::LoadedModel& pretrained, const train::Start& start, int64_t classes) const;
};

}  // namespace residual::cli
