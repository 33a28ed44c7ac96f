// Left to right.
#pragma once

#include <string_view>

#include "core/rng.h"
#include "data/transforms/fields.h"
#include "data/transforms/geometry/pixels.h"
#include "data/transforms/place.h"

namespace residual::data {

/// {"step":"mirror"}
struct Mirror {
  static constexpr std::string_view kName = "mirror";
  static constexpr bool kRandom = false;
  void fields(Fields&) {}
  void check(const Place&) const {}
  void apply(Image& image, Rng&) const { mirror(image); }
  void apply(const Planes& planes, Rng&) const { mirror(planes); }
  bool operator==(const Mirror&) const = default;
};

}  // namespace residual::data
