// Drawing on a small canvas of floats: anti-aliased masks from outlines, and painting through them. Only exactly rounded
// arithmetic (no sine, no logarithm), so that an image is the same on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"

namespace residual {

/// In pixels, y downwards; the middle of the first pixel is (0.5, 0.5).
struct Point {
  float x = 0, y = 0;
};

using Colour = std::array<float, 3>;  ///< red, green, blue, 0 … 1

/// Unit vector at `turns` full turns from the x axis, to 1e-4, by a polynomial.
Point direction(double turns) noexcept;

/// How much of each pixel an outline covers, 0 … 1, H,W.
class Mask {
 public:
  void reset(int64_t height, int64_t width);
  void fill_polygon(std::span<const Point> outline);  ///< closed, may be concave
  void fill_disc(Point centre, float radius);         ///< the mask becomes the disc
  void cut_disc(Point centre, float radius);          ///< the disc is taken out of the mask

  int64_t top = 0, bottom = 0, left = 0, right = 0;  ///< outside rows top … bottom-1, columns left … right-1 everything is 0
  float at(int64_t y, int64_t x) const noexcept { return cover_[static_cast<size_t>(y * width_ + x)]; }

 private:
  void bound(float low_x, float low_y, float high_x, float high_y) noexcept;

  int64_t height_ = 0, width_ = 0;
  std::vector<float> cover_, distance_, side_;
};

/// A fill of two colours: mixed by smooth stripes, a checkerboard of them, or a ramp.
struct Texture {
  enum class Kind : uint8_t { kPlain, kStripes, kChecks, kRamp };
  Kind kind = Kind::kPlain;
  Colour first{}, second{};
  Point along;      ///< direction times stripes a pixel
  float phase = 0;  ///< 0 … 1

  /// The second colour's share at a point, 0 … 1.
  float share(float x, float y) const noexcept;
};

/// H,W,3 floats.
class Canvas {
 public:
  void reset(int64_t height, int64_t width);
  void fill(const Texture& texture);
  void paint(const Mask& mask, const Texture& texture);

  std::span<float> values() noexcept { return values_; }

 private:
  int64_t height_ = 0, width_ = 0;
  std::vector<float> values_;
};

}  // namespace residual
