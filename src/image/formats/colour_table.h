// Images stored as indices into a table of colours.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "image/image.h"

namespace residual {

/// 256 entries; those that a file does not set are greys, as in Pillow: entry i is (i, i, i).
class ColourTable {
 public:
  ColourTable() {
    for (size_t i = 0; i < colours_.size(); ++i) colours_[i].fill(static_cast<uint8_t>(i));
  }

  void set(size_t index, uint8_t red, uint8_t green, uint8_t blue) { colours_[index] = {red, green, blue}; }

  /// Whether every entry is grey.
  bool is_grey() const {
    return std::ranges::all_of(colours_, [](const auto& colour) { return colour[0] == colour[1] && colour[1] == colour[2]; });
  }

  const std::array<uint8_t, 3>& operator[](size_t index) const { return colours_[index]; }

 private:
  std::array<std::array<uint8_t, 3>, 256> colours_;
};

/// The image's bytes are indices, one a pixel: the colours take their places; greys where the table holds nothing else.
inline void look_up_colours(const ColourTable& table, Image& image) {
  const size_t count = image.pixels.size(), channels = table.is_grey() ? 1 : 3;
  image.pixels.resize(count * channels);
  uint8_t* const pixels = image.pixels.data();
  for (size_t i = count; i-- > 0;) {
    const std::array<uint8_t, 3> colour = table[pixels[i]];
    for (size_t c = 0; c < channels; ++c) pixels[channels * i + c] = colour[c];
  }
  image.channels = static_cast<int64_t>(channels);
}

}  // namespace residual
