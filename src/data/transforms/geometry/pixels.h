// Images as floats, and what moves pixels of bytes and floats alike.
#pragma once

#include <cstdint>
#include <span>

#include "core/tensor/shape.h"
#include "image/image.h"

namespace residual::data {

/// An image as floats in memory that someone else owns: values[(c * height + y) * width + x].
struct Planes {
  int64_t channels = 0, height = 0, width = 0;
  std::span<float> values;

  Size2 size() const noexcept { return {height, width}; }
};

/// What a crop cuts out: its upper left corner, which may lie outside the image, and its size.
struct Window {
  int64_t top = 0, left = 0;
  Size2 size;
};

/// out = the window of `in`; what lies outside the image is 0. `out` has the window's size already and does not overlap `in`.
void crop(const Image& in, const Window& window, Image& out);
void crop(const Planes& in, const Window& window, const Planes& out);

/// Left to right, in place.
void mirror(Image& image);
void mirror(const Planes& planes);

}  // namespace residual::data
