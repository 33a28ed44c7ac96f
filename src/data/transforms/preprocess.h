// How an image becomes a network's input: an ordered list of steps, kept in the model file and carried out exactly as written.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/shape.h"
#include "image/image.h"
#include "image/resize.h"

namespace residual::data {

// Steps on bytes (0 … 255) until the first divide, scale or normalize; on float32 from there on.

/// {"step":"decode","channels":3}: colour or grey (1). Always the first step. With "exif_orientation":true files are turned
/// upright as they are decoded (data/orientation.h); apply is handed an image and does not know how its camera was held.
struct DecodeStep {
  int64_t channels = 3;
  bool exif_orientation = false;
  bool operator==(const DecodeStep&) const = default;
};
/// {"step":"require_size","size":[H,W]}: refuses images of any other size.
struct RequireSizeStep {
  Size2 size;
  bool operator==(const RequireSizeStep&) const = default;
};
/// {"step":"resize","size":[H,W],"filter":"bilinear"}: on bytes as Pillow, on floats as PyTorch; nothing when the image has
/// that size. On floats "antialias":false keeps the filter small (PyTorch's default); on bytes it is refused.
struct ResizeStep {
  Size2 size;
  Filter filter = Filter::kBilinear;
  bool antialias = true;
  bool operator==(const ResizeStep&) const = default;
};
/// {"step":"resize_shorter","size":N,"filter":"bilinear"}: the shorter side becomes N, the other N * longer / shorter, rounded
/// down.
struct ResizeShorterStep {
  int64_t size = 0;
  Filter filter = Filter::kBilinear;
  bool antialias = true;
  bool operator==(const ResizeShorterStep&) const = default;
};
/// {"step":"center_crop","size":[H,W]}: the middle; what lies outside the image is 0. Odd remainders as torchvision.
struct CenterCropStep {
  Size2 size;
  bool operator==(const CenterCropStep&) const = default;
};
enum class Corner : uint8_t { kTopLeft, kTopRight, kBottomLeft, kBottomRight };
/// {"step":"corner_crop","size":[H,W],"corner":"top_left"}: top_left, top_right, bottom_left or bottom_right. A smaller image
/// is refused, as torchvision's FiveCrop does.
struct CornerCropStep {
  Size2 size;
  Corner corner = Corner::kTopLeft;
  bool operator==(const CornerCropStep&) const = default;
};
/// {"step":"mirror"}: left to right.
struct MirrorStep {
  bool operator==(const MirrorStep&) const = default;
};
/// {"step":"divide","by":255}: x / by.
struct DivideStep {
  float by = 255;
  bool operator==(const DivideStep&) const = default;
};
/// {"step":"scale","by":0.5}: x * by.
struct ScaleStep {
  float by = 1;
  bool operator==(const ScaleStep&) const = default;
};
/// {"step":"normalize","mean":[…],"std":[…]}: (x - mean[c]) / std[c].
struct NormalizeStep {
  std::vector<float> mean, std;
  bool operator==(const NormalizeStep&) const = default;
};

using Step = std::variant<DecodeStep, RequireSizeStep, ResizeStep, ResizeShorterStep, CenterCropStep, CornerCropStep, MirrorStep,
                          DivideStep, ScaleStep, NormalizeStep>;

/// Whether the step changes each value by itself: divide, scale and normalize.
bool is_pointwise(const Step& step);

class Preprocessing {
 public:
  /// Throws Error (kUsage) unless the steps begin with decode, end in one fixed size and have values that make sense.
  explicit Preprocessing(std::vector<Step> steps);

  /// Resize to the input's size (nothing happens to images that have it), divide by 255, normalise. input_chw: C,H,W with C 1
  /// or 3; mean and std: one value a channel, for values in 0 … 1.
  static Preprocessing standard(const Shape& input_chw, std::span<const float> mean, std::span<const float> std,
                                Filter filter = Filter::kBilinear);

  /// The list of steps as JSON text; throws Error (kBadFile) for anything else. to_json gives it back, value for value.
  static Preprocessing from_json(std::string_view text);
  std::string to_json() const;

  const std::vector<Step>& steps() const noexcept { return steps_; }
  Shape output_shape() const { return output_; }            ///< C,H,W
  int64_t channels() const noexcept { return output_[0]; }  ///< what decode_image should be asked for
  bool exif_orientation() const;                            ///< whether files are to be turned upright when they are decoded

  /// The same with files turned upright, or not.
  Preprocessing with_exif_orientation(bool upright) const;

  /// Ways to look at one image several times, in torchvision's order. 1: this one. 5: the corners in place of the centre crop,
  /// then the centre. 10: those, and those of the mirrored image. Throws Error (kUsage) for another number, and without a
  /// centre crop.
  std::vector<Preprocessing> crops(int64_t count) const;

  bool operator==(const Preprocessing& other) const { return steps_ == other.steps_; }

  /// Memory that apply may use again from call to call; one for each thread.
  struct Scratch {
    Image bytes, other;
    std::vector<float> planes, more;
  };

  /// Carries out the steps; out: C,H,W, exactly output_shape().elements() values. An image with another number of channels is
  /// converted first. Throws Error (kUsage) when `out` has another size, (kBadFile) when a step refuses the image.
  void apply(const Image& image, std::span<float> out) const;
  void apply(const Image& image, std::span<float> out, Scratch& scratch) const;

 private:
  void apply_bytes(const Image*& current, Scratch& scratch) const;
  void apply_table(const Image& image, std::span<float> out) const;
  void apply_floats(int64_t height, int64_t width, std::span<float> out, Scratch& scratch) const;

  std::vector<Step> steps_;
  size_t first_float_ = 0;    // the first step on floats
  size_t first_spatial_ = 0;  // the first step on floats that moves pixels; the ones between are in table_
  Shape output_;
  std::vector<std::array<float, 256>>
      table_;  // one a channel: the value of each byte after the steps first_float_ … first_spatial_
};

}  // namespace residual::data
