// The first transform of every list: which channels and which way up a file is decoded.
#pragma once

#include <cstdint>
#include <string_view>

#include "data/transforms/fields.h"
#include "data/transforms/place.h"

namespace residual::data {

/// {"step":"decode","channels":3}: colour, or grey (1). "exif_orientation":true turns files upright when they are decoded
/// (image/formats/orientation.h); an image that is decoded already does not know how its camera was held.
struct Decode {
  int64_t channels = 3;
  bool exif_orientation = false;

  static constexpr std::string_view kName = "decode";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  bool operator==(const Decode&) const = default;
};

}  // namespace residual::data
