// Crops at a fixed place.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/rng.h"
#include "data/transforms/fields.h"
#include "data/transforms/geometry/pixels.h"
#include "data/transforms/place.h"

namespace residual::data {

/// Where a centre crop begins when an odd number of pixels remains: at half of them rounded to even, as in torchvision, or
/// rounded down, as in Hugging Face's image processors.
enum class CropStart : uint8_t { kHalfEven, kFloor };

/// {"step":"center_crop","size":[H,W]}: the middle; what lies outside the image is 0. With "start":"floor" as CropStart says.
struct CenterCrop {
  Size2 size;
  CropStart start = CropStart::kHalfEven;

  static constexpr std::string_view kName = "center_crop";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  std::optional<Size2> output_size(Size2 in) const;
  void apply(const Image& in, Image& out, Rng&) const;
  void apply(const Planes& in, const Planes& out, Rng&) const;
  bool operator==(const CenterCrop&) const = default;
};

enum class Corner : uint8_t { kTopLeft, kTopRight, kBottomLeft, kBottomRight };

/// {"step":"corner_crop","size":[H,W],"corner":"top_left"}: top_left, top_right, bottom_left or bottom_right. A smaller image
/// is refused, as torchvision's FiveCrop does.
struct CornerCrop {
  Size2 size;
  Corner corner = Corner::kTopLeft;

  static constexpr std::string_view kName = "corner_crop";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  std::optional<Size2> output_size(Size2 in) const;
  void apply(const Image& in, Image& out, Rng&) const;
  void apply(const Planes& in, const Planes& out, Rng&) const;
  bool operator==(const CornerCrop&) const = default;
};

}  // namespace residual::data
