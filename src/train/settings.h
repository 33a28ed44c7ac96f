// Hyperparameters that belong to one optimizer or one schedule, as data: the table entry that lists them defines the program's
// options, their defaults and ranges, and the keys of a run's identity.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"

namespace residual::train {

using SettingValue = std::variant<bool, int64_t, double, std::vector<int64_t>>;
using Settings = std::map<std::string, SettingValue, std::less<>>;  ///< by name

struct Setting {
  std::string_view name;    ///< "step_epochs": the key of the identity; the option is --step-epochs
  std::string_view help;    ///< of the option
  SettingValue by_default;  ///< its type is the setting's type
  /// Throws Error (kUsage) for a value out of range; null: every value is in range. `what` stands for the setting in the message.
  void (*check)(std::string_view what, const SettingValue& value) = nullptr;
};

/// Checks of a setting of type double: above 0; within [0, 1).
void check_positive(std::string_view what, const SettingValue& value);
void check_fraction(std::string_view what, const SettingValue& value);

/// Every setting of `known`: its given value, else its default. Throws Error (kUsage) for a given setting that `owner` ("sgd")
/// does not have, of another type or out of range.
Settings complete(std::string_view owner, std::span<const Setting> known, const Settings& given);

/// One of the completed settings, in its type; it must exist.
template <typename T>
const T& get(const Settings& settings, std::string_view name) {
  return std::get<T>(settings.find(name)->second);
}

/// "0.9", "false", "60,120"
std::string to_string(const SettingValue& value);

}  // namespace residual::train
