// Resizing: on bytes as Pillow, on floats as PyTorch (image/resize.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/rng.h"
#include "data/transforms/fields.h"
#include "data/transforms/geometry/pixels.h"
#include "data/transforms/place.h"
#include "image/resize.h"

namespace residual::data {

/// {"step":"resize","size":[H,W],"filter":"bilinear"}: nothing when the image has that size. On floats "antialias":false keeps
/// the filter small (PyTorch's default); on bytes it is refused.
struct Resize {
  Size2 size;
  Filter filter = Filter::kBilinear;
  bool antialias = true;

  static constexpr std::string_view kName = "resize";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  std::optional<Size2> output_size(Size2 in) const;
  void apply(const Image& in, Image& out, Rng&) const;
  void apply(const Planes& in, const Planes& out, Rng&) const;
  bool operator==(const Resize&) const = default;
};

/// {"step":"resize_shorter","size":N,"filter":"bilinear"}: the shorter side becomes N, the other N * longer / shorter, rounded
/// down.
struct ResizeShorter {
  int64_t size = 0;
  Filter filter = Filter::kBilinear;
  bool antialias = true;

  static constexpr std::string_view kName = "resize_shorter";
  static constexpr bool kRandom = false;
  void fields(Fields& fields);
  void check(const Place& place) const;
  std::optional<Size2> output_size(Size2 in) const;
  void apply(const Image& in, Image& out, Rng&) const;
  void apply(const Planes& in, const Planes& out, Rng&) const;
  bool operator==(const ResizeShorter&) const = default;
};

}  // namespace residual::data
