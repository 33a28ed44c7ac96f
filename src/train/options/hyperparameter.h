// One hyperparameter as data. Rows of this type are the source of the options of `residual train`, of the checks of ranges and of
// the keys of a run's identity.
#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"
#include "residual/hyperparameters.h"

namespace residual::train {

/// Which field of Hyperparameters.
using Field =
    std::variant<int64_t Hyperparameters::*, uint64_t Hyperparameters::*, double Hyperparameters::*, bool Hyperparameters::*,
                 std::optional<int64_t> Hyperparameters::*, std::optional<double> Hyperparameters::*,
                 std::vector<int64_t> Hyperparameters::*, std::vector<std::string> Hyperparameters::*,
                 residual::Optimizer Hyperparameters::*, residual::Schedule Hyperparameters::*, std::string Hyperparameters::*>;

/// The finite numbers from `least` to `most`; an open end does not belong to it.
struct Range {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  bool least_open = false, most_open = false;

  bool contains(double number) const noexcept;
  std::string to_text() const;  ///< "1 to 8", "a number above 0", "a number within [0, 1)"
};
inline constexpr Range kPositive{.least = 0, .least_open = true}, kNotNegative{.least = 0},
    kFraction{.least = 0, .most = 1, .most_open = true};

struct Hyperparameter {
  std::string_view name;  ///< of the field; the option is --NAME, with dashes: --no-NAME for a bool that is true by default
  std::string help;       ///< of the option
  Field field;
  Range range = {};                          ///< of a number, or of each number of a list
  std::optional<double> by_default = {};     ///< what an empty number stands for, where that depends on nothing else
  std::string_view aliases = {};             ///< more names of the option: "--lr,--rate"
  std::string_view group = "Training";       ///< where the help lists the option
  std::optional<std::string_view> key = "";  ///< JSON pointer into a run's identity; "": "/NAME"; none: not in it

  /// Whether the value differs from the default.
  bool given(const Hyperparameters& values) const;
  /// Sets an empty number to `by_default`.
  void complete(Hyperparameters& values) const;
  /// Throws Error (kUsage) for a number out of range; `what` stands for the hyperparameter in the message.
  void check(const Hyperparameters& values, std::string_view what) const;
  /// The value as JSON: null for an empty one, the name of an enumerator.
  nlohmann::json to_json(const Hyperparameters& values) const;
};

/// A value of an enumeration and its name in options and JSON.
template <typename E>
struct Named {
  std::string_view name;
  E value;
};

/// All values of an enumeration, which the argument selects. Where one has two names, the first is the one that is written.
std::vector<Named<residual::Optimizer>> named_values(residual::Optimizer);
std::vector<Named<residual::Schedule>> named_values(residual::Schedule);

template <typename E>
std::string_view name_of(E value) {
  for (const Named<E>& entry : named_values(E{})) {
    if (entry.value == value) return entry.name;
  }
  fail(ErrorKind::kUsage, "{} is no enumerator", static_cast<int>(value));
}

/// "adam, sgd": the written ones
template <typename E>
std::string names_of(E) {
  std::string names;
  for (const Named<E>& entry : named_values(E{})) {
    if (name_of(entry.value) == entry.name) names += (names.empty() ? "" : ", ") + std::string(entry.name);
  }
  return names;
}

template <typename E>
std::optional<E> find_named(std::string_view name) {
  for (const Named<E>& entry : named_values(E{})) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

/// Throws Error (kUsage) for an unknown name; what: "optimizer".
template <typename E>
E value_named(std::string_view what, std::string_view name) {
  if (const std::optional<E> value = find_named<E>(name)) return *value;
  fail(ErrorKind::kUsage, "no {} is called '{}'; known are {}", what, name, names_of(E{}));
}

}  // namespace residual::train
