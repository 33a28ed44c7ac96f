// The table of hyperparameters. A new one is a field of Hyperparameters, a row here and the place that uses it: options, ranges
// and identity follow. Those of one optimizer or schedule stand with it, in optimizers/ or schedules/.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "train/options/hyperparameter.h"

namespace residual::train {

/// All but the settings of single optimizers and schedules, in the order of the help.
std::span<const Hyperparameter> hyperparameters();

/// A hyperparameter that only some optimizers or schedules have.
struct Setting {
  const Hyperparameter* hyperparameter;
  std::string_view choice;               ///< "optimizer" or "schedule"
  std::vector<std::string_view> owners;  ///< their names: "adam", "adamw"
};
/// Those of all optimizers and schedules, each once.
std::vector<Setting> settings();

/// The values with every default filled in that the optimizer and the schedule determine.
Hyperparameters complete(Hyperparameters values);

/// How messages spell a hyperparameter, by default as its field.
using Spelling = std::function<std::string(std::string_view name)>;

/// Throws Error (kUsage) for the first value that is out of range, contradicts another, or that the optimizer or schedule does
/// not have.
void check(const Hyperparameters& values, const Spelling& spelling = [](std::string_view name) { return std::string(name); });

/// The hyperparameters in a run's identity: writes each under its key.
void add_to_identity(nlohmann::json& identity, const Hyperparameters& values);

/// Adds those that an older version did not write, as it trained: with their defaults.
void add_missing(nlohmann::json& identity);

}  // namespace residual::train
