// Random horizontal flip.
#pragma once

#include <optional>
#include <string_view>

#include "core/rng.h"
#include "data/transforms/fields.h"
#include "data/transforms/geometry/pixels.h"
#include "data/transforms/place.h"
#include "data/transforms/random/training_images.h"

namespace residual::data {

/// {"step":"random_flip"}: left to right with probability 1/2.
struct RandomFlip {
  static constexpr std::string_view kName = "random_flip";
  static constexpr bool kRandom = true;
  static constexpr std::string_view kAugmentation = "flip";
  static bool suits(const TrainingImages& images) { return !images.digits; }
  static std::optional<RandomFlip> for_images(const TrainingImages&) { return RandomFlip{}; }
  void fields(Fields&) {}
  void check(const Place&) const {}

  static bool draw(Rng& rng) { return rng.chance(0.5); }

  void apply(Image& image, Rng& rng) const {
    if (draw(rng)) mirror(image);
  }
  void apply(const Planes& planes, Rng& rng) const {
    if (draw(rng)) mirror(planes);
  }
  bool operator==(const RandomFlip&) const = default;
};

}  // namespace residual::data
