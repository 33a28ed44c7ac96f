#include "data/preprocessing/config_fields.h"

#include <cmath>
#include <limits>

#include "core/limits.h"
#include "data/preprocessing/presets.h"

namespace residual::data {

nlohmann::json parse_config(std::string_view json, std::string_view name) {
  if (json.size() > kMostConfigBytes)
    fail(ErrorKind::kBadFile, "'{}' has {} bytes, a configuration has at most {}", name, json.size(), kMostConfigBytes);
  return parse_json(json, fmt::format("'{}'", name));
}

bool ConfigFields::flag(std::string_view key, bool standard) const {
  if (!has(key)) return standard;
  if (!json_.at(key).is_boolean()) bad("'{}' is neither true nor false", key);
  return json_.at(key).get<bool>();
}

double ConfigFields::number(std::string_view key, double standard, double least, double most) const {
  if (!has(key)) return standard;
  const nlohmann::json& value = json_.at(key);
  // Written so that a NaN is refused too.
  if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most))
    bad("'{}' is not within {} … {}", key, least, most);
  return value.get<double>();
}

std::string ConfigFields::text(std::string_view key, std::string standard) const {
  if (!has(key)) return standard;
  if (!json_.at(key).is_string()) bad("'{}' is not a string", key);
  return json_.at(key).get<std::string>();
}

std::vector<float> ConfigFields::colours(std::string_view key, const std::vector<float>& standard) const {
  if (!has(key)) return standard;
  const nlohmann::json& list = json_.at(key);
  if (!list.is_array() || list.size() > 16) bad("'{}' is not a list of one number for each channel", key);
  std::vector<float> values;
  for (const nlohmann::json& value : list) {
    if (!value.is_number() || std::abs(value.get<double>()) > std::numeric_limits<float>::max())
      bad("'{}' holds a value that is not a number or does not fit into a float", key);
    values.push_back(value.get<float>());
  }
  return values;
}

bool is_side(const nlohmann::json& value) {
  return value.is_number_integer() && value >= int64_t{1} && value <= kMostSide;
}

}  // namespace residual::data
