// Transforms of each value by itself. From the first of them on, values are float32.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "data/transforms/fields.h"
#include "data/transforms/place.h"

namespace residual::data {

/// {"step":"divide","by":255}
struct Divide {
  float by = 255;

  static constexpr std::string_view kName = "divide";
  static constexpr bool kRandom = false;
  void fields(Fields& fields) { fields.required("by", by); }
  void check(const Place&) const { check_number(by, false, "the divisor"); }
  float value(size_t, float x) const { return x / by; }
  bool operator==(const Divide&) const = default;
};

/// {"step":"scale","by":0.5}
struct Scale {
  float by = 1;

  static constexpr std::string_view kName = "scale";
  static constexpr bool kRandom = false;
  void fields(Fields& fields) { fields.required("by", by); }
  void check(const Place&) const { check_number(by, false, "the factor"); }
  float value(size_t, float x) const { return x * by; }
  bool operator==(const Scale&) const = default;
};

/// {"step":"normalize","mean":[…],"std":[…]}: (x - mean[c]) / std[c], one of each a channel.
struct Normalize {
  std::vector<float> mean, std;

  static constexpr std::string_view kName = "normalize";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  float value(size_t channel, float x) const { return (x - mean[channel]) / std[channel]; }
  bool operator==(const Normalize&) const = default;
};

}  // namespace residual::data
