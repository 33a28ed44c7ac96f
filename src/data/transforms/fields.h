// A transform's parameters as fields of a JSON object, named once for reading and writing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/shape.h"
#include "image/resize.h"

namespace residual::data {

/// Errors while reading are of kind kUsage and name the step.
class Fields {
 public:
  /// Reads the object that stands at `index` in a list; `object` must outlive the fields. Throws Error unless it has a "step".
  Fields(const nlohmann::json& object, size_t index);
  /// Writes into `object`.
  explicit Fields(nlohmann::ordered_json& object) : out_(&object) {}

  const std::string& step() const noexcept { return step_; }  ///< while reading

  /// A field that must be there.
  template <typename T>
  void required(std::string_view key, T& value) {
    if (out_ != nullptr) {
      write(key, value);
    } else {
      read(key, value);
    }
  }

  /// A field that may be missing and is always written.
  template <typename T>
  void optional(std::string_view key, T& value) {
    if (out_ != nullptr || has(key)) required(key, value);
  }

  /// A field that is written only when it is not `standard`, which is what it is when it is missing.
  template <typename T>
  void optional(std::string_view key, T& value, const T& standard) {
    if (out_ == nullptr ? has(key) : value != standard) required(key, value);
  }

  /// An enumerator by its place in `names`.
  template <typename T>
  void choice(std::string_view key, T& value, std::span<const std::string_view> names) {
    size_t index = static_cast<size_t>(value);
    choose(key, index, names);
    value = static_cast<T>(index);
  }

  /// The same, written only when it is not `standard`, which is what it is when it is missing.
  template <typename T>
  void choice(std::string_view key, T& value, std::span<const std::string_view> names, const T& standard) {
    if (out_ == nullptr ? has(key) : value != standard) choice(key, value, names);
  }

  /// Throws Error for a key of the object that was not read.
  void refuse_others() const;

 private:
  bool has(std::string_view key);
  const nlohmann::json& at(std::string_view key);
  int64_t whole(const nlohmann::json& value, std::string_view key) const;
  float number(const nlohmann::json& value, std::string_view key) const;
  std::string text(std::string_view key);
  void choose(std::string_view key, size_t& index, std::span<const std::string_view> names);

  void read(std::string_view key, int64_t& value);
  void read(std::string_view key, float& value);
  void read(std::string_view key, bool& value);
  void read(std::string_view key, Size2& value);
  void read(std::string_view key, std::vector<float>& value);
  void read(std::string_view key, Filter& value);

  void write(std::string_view key, int64_t value);
  void write(std::string_view key, float value);
  void write(std::string_view key, bool value);
  void write(std::string_view key, Size2 value);
  void write(std::string_view key, const std::vector<float>& value);
  void write(std::string_view key, Filter value);

  nlohmann::ordered_json* out_ = nullptr;
  const nlohmann::json* in_ = nullptr;
  size_t index_ = 0;
  std::string step_;
  std::vector<std::string_view> read_;  // keys
};

}  // namespace residual::data
