#include "image/image_view.h"

#include <cstring>

#include "core/error.h"

namespace residual {
namespace {

// Elements of an image of this size. Throws Error (kUsage) for one that no image has.
int64_t elements_of(const ImageShape& shape) {
  const auto& [channels, height, width] = shape;
  const auto side = [](int64_t pixels) { return pixels >= 1 && pixels <= kMaxPixels; };
  if ((channels != 1 && channels != 3) || !side(height) || !side(width) || height > kMaxPixels / width) {
    fail(ErrorKind::kUsage, "the image is {}x{}x{}, expected 1 or 3 channels and at most {} pixels", channels, height, width,
         kMaxPixels);
  }
  return channels * height * width;
}

void check_size(size_t found, const ImageShape& shape, const char* unit) {
  const int64_t expected = elements_of(shape);
  if (found != static_cast<size_t>(expected)) {
    fail(ErrorKind::kUsage, "an image of {}x{}x{} has {} {}, not {}", shape.channels, shape.height, shape.width, expected, unit,
         found);
  }
}

// Calls use(c, y, x, address) for every element, channels innermost.
template <typename Use>
void for_each_element(const ImageView& view, Use&& use) {
  const auto* const first = static_cast<const std::byte*>(view.data);
  for (int64_t y = 0; y < view.shape.height; ++y) {
    for (int64_t x = 0; x < view.shape.width; ++x) {
      const std::byte* const pixel = first + y * view.strides.row + x * view.strides.pixel;
      for (int64_t c = 0; c < view.shape.channels; ++c) use(c, y, x, pixel + c * view.strides.channel);
    }
  }
}

}  // namespace

ImageView::ImageView(std::span<const uint8_t> pixels, const ImageShape& size)
    : data(pixels.data()), shape(size), strides{size.width * size.channels, size.channels, 1} {
  check_size(pixels.size(), size, "bytes");
}

ImageView::ImageView(std::span<const float> planes, const ImageShape& size)
    : data(planes.data()), shape(size), type(ElementType::kFloat32) {
  constexpr ptrdiff_t kFloat = sizeof(float);
  strides = {size.width * kFloat, kFloat, size.height * size.width * kFloat};
  check_size(planes.size(), size, "floats");
}

void copy_pixels(const ImageView& view, Image& image) {
  const int64_t elements = elements_of(view.shape);
  if (view.data == nullptr || view.type != ElementType::kUint8) fail(ErrorKind::kUsage, "an image of bytes is expected");
  image.channels = view.shape.channels;
  image.height = view.shape.height;
  image.width = view.shape.width;
  image.pixels.resize(static_cast<size_t>(elements));
  uint8_t* to = image.pixels.data();
  if (view.strides == ImageStrides{view.shape.width * view.shape.channels, view.shape.channels, 1}) {
    std::memcpy(to, view.data, image.pixels.size());
    return;
  }
  for_each_element(view, [&](int64_t, int64_t, int64_t, const std::byte* from) { *to++ = static_cast<uint8_t>(*from); });
}

void copy_planes(const ImageView& view, std::span<float> planes) {
  if (view.data == nullptr || view.type != ElementType::kFloat32) fail(ErrorKind::kUsage, "an image of floats is expected");
  check_size(planes.size(), view.shape, "floats");
  const auto& [channels, height, width] = view.shape;
  for_each_element(view, [&, height = height, width = width](int64_t c, int64_t y, int64_t x, const std::byte* from) {
    std::memcpy(&planes[static_cast<size_t>((c * height + y) * width + x)], from, sizeof(float));
  });
}

}  // namespace residual
