#include "image/formats/cmyk.h"

#include <cstddef>

namespace residual {

void inks_to_colours(std::vector<uint8_t>& pixels, InkOrder order) {
  const int32_t flip = order == InkOrder::kInverted ? 255 : 0;
  const size_t count = pixels.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    const int32_t white = 255 - (pixels[4 * i + 3] ^ flip);
    for (size_t c = 0; c < 3; ++c) {
      const int32_t product = (pixels[4 * i + c] ^ flip) * white + 128;
      pixels[3 * i + c] = static_cast<uint8_t>(white - (((product >> 8) + product) >> 8));
    }
  }
  pixels.resize(count * 3);
}

}  // namespace residual
