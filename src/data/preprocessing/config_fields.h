// The fields of a configuration that came with published weights, each checked before it is used.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json_text.h"

namespace residual::data {

/// The JSON in a configuration file. Throws Error (kBadFile), naming `name`, for text that is not JSON and for more than
/// kMostConfigBytes.
nlohmann::json parse_config(std::string_view json, std::string_view name);

/// A field that is missing or null is `standard`; one of another kind is refused with its key.
class ConfigFields {
 public:
  /// json: an object, which must live as long. name: of the file, for messages.
  ConfigFields(const nlohmann::json& json, std::string_view name) : json_(json), name_(name) {}

  bool has(std::string_view key) const { return json_.contains(key) && !json_.at(key).is_null(); }
  const nlohmann::json& operator[](std::string_view key) const { return json_.at(key); }

  bool flag(std::string_view key, bool standard) const;
  double number(std::string_view key, double standard, double least, double most) const;
  std::string text(std::string_view key, std::string standard) const;
  /// A number for each channel.
  std::vector<float> colours(std::string_view key, const std::vector<float>& standard) const;

  /// Throws Error (kBadFile) naming the file.
  template <typename... Args>
  [[noreturn]] void bad(fmt::format_string<Args...> format, Args&&... args) const {
    fail(ErrorKind::kBadFile, "'{}': {}", name_, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const nlohmann::json& json_;
  std::string_view name_;
};

/// Whether a value is a whole number of pixels, 1 … kMostSide.
bool is_side(const nlohmann::json& value);

}  // namespace residual::data
