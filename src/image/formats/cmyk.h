// Images stored as four inks.
#pragma once

#include <cstdint>
#include <vector>

namespace residual {

/// Whether a byte is the amount of ink or, as Adobe's JPEG files have it, what is left of the white.
enum class InkOrder : uint8_t { kPlain, kInverted };

/// Cyan, magenta, yellow and black to red, green and blue, as Pillow converts them: each colour is what its ink and the black
/// leave of the white. In place, 4 bytes to 3.
void inks_to_colours(std::vector<uint8_t>& pixels, InkOrder order);

}  // namespace residual
