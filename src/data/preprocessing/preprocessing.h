// How an image becomes a network's input: kept in the model file and carried out exactly as written.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/shape.h"
#include "data/transforms/transform_list.h"
#include "image/image.h"
#include "image/resize.h"

namespace residual::data {

/// The deterministic part of a list of transforms: the same image always gives the same values.
class Preprocessing : public TransformList {
 public:
  /// Throws Error (kUsage) as TransformList does, for a random transform and for more than 32 transforms.
  explicit Preprocessing(std::vector<Transform> transforms);

  /// Resize to the input's size (images that have it stay as they are), divide by 255, normalise. input_chw: C,H,W with C 1 or 3;
  /// mean and std: one value a channel, for values in 0 … 1.
  static Preprocessing standard(const Shape& input_chw, std::span<const float> mean, std::span<const float> std,
                                Filter filter = Filter::kBilinear);

  /// A JSON list of transforms; throws Error (kBadFile) for anything else. to_json gives it back, value for value.
  static Preprocessing from_json(std::string_view text);
  std::string to_json() const;

  bool exif_orientation() const;  ///< whether files are turned upright when they are decoded

  /// The same with files turned upright, or not.
  Preprocessing with_exif_orientation(bool upright) const;

  /// Several crops of one image, in torchvision's order. 1: this preprocessing. 5: the corners in place of the centre crop, then
  /// the centre. 10: those, and those of the mirrored image. Throws Error (kUsage) for another number, and without a centre crop.
  std::vector<Preprocessing> crops(int64_t count) const;

  /// As TransformList::apply.
  void apply(const Image& image, std::span<float> out) const;
  void apply(const Image& image, std::span<float> out, Scratch& scratch) const;
};

}  // namespace residual::data
