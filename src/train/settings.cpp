#include "train/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace residual::train {
namespace {

// Accepts an integer for a real number: momentum 0.
SettingValue converted(std::string_view what, const SettingValue& value, const SettingValue& like) {
  if (value.index() == like.index()) return value;
  const auto* whole = std::get_if<int64_t>(&value);
  if (whole == nullptr || !std::holds_alternative<double>(like))
    fail(ErrorKind::kUsage, "{} is {}, a value such as {} is expected", what, to_string(value), to_string(like));
  return static_cast<double>(*whole);
}

}  // namespace

void check_positive(std::string_view what, const SettingValue& value) {
  const double number = std::get<double>(value);
  if (!(number > 0) || !std::isfinite(number)) fail(ErrorKind::kUsage, "{} is {}, a number above 0 is expected", what, number);
}

void check_fraction(std::string_view what, const SettingValue& value) {
  const double number = std::get<double>(value);
  if (!(number >= 0 && number < 1)) fail(ErrorKind::kUsage, "{} is {}, a number within [0, 1) is expected", what, number);
}

Settings complete(std::string_view owner, std::span<const Setting> known, const Settings& given) {
  Settings all;
  for (const Setting& setting : known) all.emplace(setting.name, setting.by_default);
  for (const auto& [name, value] : given) {
    const auto setting = std::ranges::find(known, name, &Setting::name);
    if (setting == known.end()) {
      fail(ErrorKind::kUsage, "{} has no setting '{}'; it has {}", owner, name,
           known.empty() ? "none" : fmt::format("{}", fmt::join(known | std::views::transform(&Setting::name), ", ")));
    }
    const std::string what = fmt::format("the {} of {}", name, owner);
    all[name] = converted(what, value, setting->by_default);
    if (setting->check != nullptr) setting->check(what, all[name]);
  }
  return all;
}

std::string to_string(const SettingValue& value) {
  if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) return fmt::format("{}", fmt::join(*list, ","));
  if (const auto* flag = std::get_if<bool>(&value)) return fmt::format("{}", *flag);
  if (const auto* whole = std::get_if<int64_t>(&value)) return fmt::format("{}", *whole);
  return fmt::format("{}", std::get<double>(value));
}

}  // namespace residual::train
