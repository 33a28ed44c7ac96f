#include "data/transforms/geometry/pixels.h"

#include <algorithm>

namespace residual::data {
namespace {

// One row of `width` pixels of `values` elements: out = in from pixel `left` on, 0 outside.
template <typename T>
void crop_row(const T* in, int64_t width, int64_t left, int64_t values, T* out, int64_t out_width) {
  // Pixels [begin, end) of the result lie inside the image.
  const int64_t begin = std::clamp<int64_t>(-left, 0, out_width), end = std::clamp<int64_t>(width - left, begin, out_width);
  std::fill_n(out, begin * values, T{0});
  if (begin < end) std::copy_n(in + (begin + left) * values, (end - begin) * values, out + begin * values);
  std::fill_n(out + end * values, (out_width - end) * values, T{0});
}

// in: `planes` planes of size.height rows of size.width pixels of `values` elements.
template <typename T>
void crop_planes(const T* in, int64_t planes, Size2 size, int64_t values, const Window& window, T* out) {
  const int64_t row = window.size.width * values;
  for (int64_t p = 0; p < planes; ++p) {
    for (int64_t y = 0; y < window.size.height; ++y, out += row) {
      const int64_t from = y + window.top;
      if (from < 0 || from >= size.height) {
        std::fill_n(out, row, T{0});
      } else {
        crop_row(in + (p * size.height + from) * size.width * values, size.width, window.left, values, out, window.size.width);
      }
    }
  }
}

}  // namespace

void crop(const Image& in, const Window& window, Image& out) {
  crop_planes(in.pixels.data(), 1, {in.height, in.width}, in.channels, window, out.pixels.data());
}

void crop(const Planes& in, const Window& window, const Planes& out) {
  crop_planes<float>(in.values.data(), in.channels, in.size(), 1, window, out.values.data());
}

void mirror(Image& image) {
  const int64_t channels = image.channels;
  uint8_t* row = image.pixels.data();
  for (int64_t y = 0; y < image.height; ++y, row += image.width * channels) {
    uint8_t *first = row, *last = row + (image.width - 1) * channels;
    for (; first < last; first += channels, last -= channels) std::swap_ranges(first, first + channels, last);
  }
}

void mirror(const Planes& planes) {
  float* row = planes.values.data();
  for (int64_t y = 0; y < planes.channels * planes.height; ++y, row += planes.width) std::reverse(row, row + planes.width);
}

}  // namespace residual::data
