// Random crop with padding: He et al. 2015, section 4.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/rng.h"
#include "data/transforms/fields.h"
#include "data/transforms/geometry/pixels.h"
#include "data/transforms/place.h"
#include "data/transforms/random/training_images.h"

namespace residual::data {

/// {"step":"random_crop","padding":4}: as many zeros on every side, then a crop of the old size. Behind normalize, so that the
/// padding is the mean.
struct RandomCrop {
  int64_t padding = 4;

  static constexpr std::string_view kName = "random_crop";
  static constexpr bool kRandom = true;
  static constexpr std::string_view kAugmentation = "crop";
  static bool suits(const TrainingImages&) { return true; }
  /// Pads by 4 pixels, digits by 2; by less where the image is smaller, and not at all where it is one pixel high or wide.
  static std::optional<RandomCrop> for_images(const TrainingImages& images);
  void fields(Fields& fields) { fields.required("padding", padding); }
  void check(const Place& place) const;

  /// Upper left corner, each -padding … padding with the same probability; y is drawn first.
  Window draw(Size2 in, Rng& rng) const;

  std::optional<Size2> output_size(Size2 in) const { return in; }
  void apply(const Image& in, Image& out, Rng& rng) const { crop(in, draw({in.height, in.width}, rng), out); }
  void apply(const Planes& in, const Planes& out, Rng& rng) const { crop(in, draw(in.size(), rng), out); }
  bool operator==(const RandomCrop&) const = default;
};

}  // namespace residual::data
