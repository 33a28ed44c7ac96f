// The caller's pixels (residual/image.h) as images and planes of our own.
#pragma once

#include <span>

#include "image/image.h"
#include "residual/image.h"

namespace residual {

/// Copies a view of bytes into `image`, whose memory is used again. Throws Error (kUsage) for a view of floats, without data, or
/// of a size that no image has.
void copy_pixels(const ImageView& view, Image& image);

/// Copies a view of floats to C,H,W without gaps. Throws Error (kUsage) for a view of bytes or without data, and when `planes`
/// has another number of elements.
void copy_planes(const ImageView& view, std::span<float> planes);

}  // namespace residual
