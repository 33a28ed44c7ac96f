// How a camera was held: the orientation in an image's Exif data (tag 0x0112).
#pragma once

#include <cstddef>
#include <span>

#include "image/image.h"

namespace residual {

/// 1 … 8 as Exif numbers them, from the Exif data in an image file's bytes; 1, upright, where there are none or they are damaged.
/// Never throws and decodes no pixels.
int exif_orientation(std::span<const std::byte> file) noexcept;

/// Turns and mirrors an image so that it is upright, as Pillow's ImageOps.exif_transpose: 2 mirrors left to right, 3 turns by
/// 180 degrees, 4 mirrors top to bottom, 5 transposes, 6 turns right, 7 transposes across, 8 turns left; any other number changes
/// nothing.
void make_upright(Image& image, int orientation);

}  // namespace residual
