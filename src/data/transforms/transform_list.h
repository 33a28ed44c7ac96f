// Transforms in order, from a decoded image's bytes to the network's input.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/rng.h"
#include "core/tensor/shape.h"
#include "data/transforms/transform.h"
#include "image/image.h"

namespace residual::data {

/// Works on bytes (0 … 255) up to the first divide, scale or normalize, and on float32 from there on.
class TransformList {
 public:
  /// Throws Error (kUsage) unless the list begins with decode, ends in one fixed size and has parameters that make sense; as
  /// output_size for a transform that refuses the size that it always gets.
  explicit TransformList(std::vector<Transform> transforms);

  const std::vector<Transform>& transforms() const noexcept { return transforms_; }
  Shape output_shape() const { return output_; }            ///< C,H,W
  int64_t channels() const noexcept { return output_[0]; }  ///< with which images are best decoded

  bool operator==(const TransformList& other) const { return transforms_ == other.transforms_; }

  /// Memory that apply reuses from call to call; one for each thread.
  struct Scratch {
    Image bytes, other_bytes;
    std::vector<float> floats, other_floats;
  };

  /// out: C,H,W, exactly output_shape().elements() values. An image with another number of channels is converted first. Throws
  /// Error (kUsage) when `out` has another size, (kBadFile) when a transform refuses the image.
  void apply(const Image& image, std::span<float> out, Scratch& scratch, Rng& rng) const;

 private:
  void look_up(const Image& image, std::span<float> out) const;
  const Image& apply_to_bytes(const Image& image, Scratch& scratch, Rng& rng) const;
  void apply_to_floats(const Image& image, std::span<float> out, Scratch& scratch, Rng& rng) const;

  std::vector<Transform> transforms_;
  size_t first_float_ = 0;  // the first transform on floats; it and those before after_table_ are pointwise and in table_
  size_t after_table_ = 0;
  size_t last_moving_ = 0;  // the last of those from after_table_ on that makes a new image; 0: none does
  Shape output_;
  std::vector<std::array<float, 256>> table_;  // one a channel: the float that a byte becomes
};

}  // namespace residual::data
