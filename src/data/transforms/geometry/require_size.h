// Refuses images of any other size.
#pragma once

#include <optional>
#include <string_view>

#include "data/transforms/fields.h"
#include "data/transforms/place.h"

namespace residual::data {

/// {"step":"require_size","size":[H,W]}
struct RequireSize {
  Size2 size;

  static constexpr std::string_view kName = "require_size";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  std::optional<Size2> output_size(Size2 in) const;
  bool operator==(const RequireSize&) const = default;
};

}  // namespace residual::data
