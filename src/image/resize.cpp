#include "image/resize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>
#include <vector>

#include "core/error.h"

namespace residual {
namespace {

constexpr int64_t kMaxSide = 65535;
constexpr int kBits = 22;  // of the fixed-point weights: 32 less 8 of a byte less 2 for overshoot

struct Kernel {
  double support;  // half its width
  double (*weight)(double);
};

double box(double x) {
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}
double bilinear(double x) {
  return std::max(1 - std::abs(x), 0.0);
}
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
double sinc(double x) {
  return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}
double lanczos(double x) {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

Kernel kernel_of(Filter filter) {
  switch (filter) {
    case Filter::kBox: return {0.5, box};
    case Filter::kBicubic: return {2, bicubic};
    case Filter::kLanczos: return {3, lanczos};
    default: return {1, bilinear};
  }
}

// For every output position along one axis: its first source position, how many, and their weights (at most `width` of them).
struct Taps {
  size_t width = 0;
  std::vector<std::pair<int32_t, int32_t>> ranges;  // first, count
  std::vector<double> weights;
};

Taps taps_of(int64_t in, int64_t out, Filter filter, bool antialias) {
  const Kernel kernel = kernel_of(filter);
  const double scale = static_cast<double>(in) / static_cast<double>(out), spread = antialias ? std::max(scale, 1.0) : 1.0;
  const double support = kernel.support * spread;
  Taps taps;
  taps.width = static_cast<size_t>(std::ceil(support)) * 2 + 1;
  taps.ranges.resize(static_cast<size_t>(out));
  taps.weights.assign(taps.width * static_cast<size_t>(out), 0);
  for (size_t i = 0; i < taps.ranges.size(); ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(static_cast<int64_t>(centre - support + 0.5), 0);
    const int64_t count = std::min<int64_t>(static_cast<int64_t>(centre + support + 0.5), in) - first;
    double* weights = taps.weights.data() + i * taps.width;
    double total = 0;
    for (int64_t k = 0; k < count; ++k) {
      weights[k] = kernel.weight((static_cast<double>(k + first) - centre + 0.5) * (1 / spread));
      total += weights[k];
    }
    for (int64_t k = 0; k < count && total != 0; ++k) weights[k] /= total;
    taps.ranges[i] = {static_cast<int32_t>(first), static_cast<int32_t>(count)};
  }
  return taps;
}

std::vector<int32_t> fixed_point(const std::vector<double>& weights) {
  std::vector<int32_t> fixed(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    fixed[i] = static_cast<int32_t>((weights[i] < 0 ? -0.5 : 0.5) + weights[i] * (1 << kBits));
  }
  return fixed;
}

uint8_t clip(int32_t sum) {
  return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

// C is a compile-time constant so that the sums stay in registers.
template <size_t C>
void across_bytes(const uint8_t* source, size_t rows, size_t in, const Taps& taps, const std::vector<int32_t>& fixed,
                  uint8_t* out) {
  for (size_t y = 0; y < rows; ++y, source += in * C) {
    for (size_t x = 0; x < taps.ranges.size(); ++x, out += C) {
      const auto [first, count] = taps.ranges[x];
      const int32_t* weights = fixed.data() + x * taps.width;
      const uint8_t* from = source + static_cast<size_t>(first) * C;
      std::array<int32_t, C> sums;
      sums.fill(1 << (kBits - 1));
      for (int32_t k = 0; k < count; ++k) {
        for (size_t c = 0; c < C; ++c) sums[c] += weights[k] * from[static_cast<size_t>(k) * C + c];
      }
      for (size_t c = 0; c < C; ++c) out[c] = clip(sums[c]);
    }
  }
}

void down_bytes(const uint8_t* source, size_t stride, const Taps& taps, const std::vector<int32_t>& fixed, uint8_t* out) {
  std::vector<int32_t> sums(stride);
  for (size_t y = 0; y < taps.ranges.size(); ++y, out += stride) {
    std::fill(sums.begin(), sums.end(), 1 << (kBits - 1));
    for (int32_t k = 0; k < taps.ranges[y].second; ++k) {
      const int32_t weight = fixed[y * taps.width + static_cast<size_t>(k)];
      const uint8_t* row = source + static_cast<size_t>(taps.ranges[y].first + k) * stride;
      for (size_t i = 0; i < stride; ++i) sums[i] += weight * row[i];
    }
    for (size_t i = 0; i < stride; ++i) out[i] = clip(sums[i]);
  }
}

// The source position of each output position, stepped as Pillow does.
std::vector<size_t> nearest(int64_t in, int64_t out) {
  std::vector<size_t> places(static_cast<size_t>(out));
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  double place = scale * 0.5;
  for (size_t& each : places) {
    each = std::min(static_cast<size_t>(place), static_cast<size_t>(in - 1));
    place += scale;
  }
  return places;
}

void nearest_bytes(const Image& source, Image& out) {
  const auto channels = static_cast<size_t>(source.channels), width = static_cast<size_t>(source.width);
  const std::vector<size_t> rows = nearest(source.height, out.height), columns = nearest(source.width, out.width);
  uint8_t* to = out.pixels.data();
  for (size_t row : rows) {
    for (size_t column : columns) {
      std::memcpy(to, source.pixels.data() + (row * width + column) * channels, channels);
      to += channels;
    }
  }
}

void check_side(int64_t height, int64_t width, ErrorKind kind, std::string_view to_or_from) {
  if (height < 1 || width < 1 || height > kMaxSide || width > kMaxSide || height > kMaxPixels / width) {
    fail(kind, "an image cannot be resized {} {} x {} pixels: sides of 1 to {} and at most {} pixels are possible", to_or_from,
         width, height, kMaxSide, kMaxPixels);
  }
}

void across_floats(const float* source, size_t rows, size_t in, const Taps& taps, float* out) {
  for (size_t y = 0; y < rows; ++y, source += in) {
    for (size_t x = 0; x < taps.ranges.size(); ++x) {
      const auto [first, count] = taps.ranges[x];
      float sum = 0;
      for (int32_t k = 0; k < count; ++k)
        sum += static_cast<float>(taps.weights[x * taps.width + static_cast<size_t>(k)]) * source[first + k];
      *out++ = sum;
    }
  }
}

void down_floats(const float* source, size_t width, const Taps& taps, float* out) {
  for (size_t y = 0; y < taps.ranges.size(); ++y, out += width) {
    std::fill_n(out, width, 0.0F);
    for (int32_t k = 0; k < taps.ranges[y].second; ++k) {
      const auto weight = static_cast<float>(taps.weights[y * taps.width + static_cast<size_t>(k)]);
      const float* row = source + static_cast<size_t>(taps.ranges[y].first + k) * width;
      for (size_t x = 0; x < width; ++x) out[x] += weight * row[x];
    }
  }
}

// PyTorch's mode "nearest": the place is rounded down from the output pixel's corner, not its middle.
void nearest_floats(std::span<const float> source, PlanesSize size, int64_t height, int64_t width, std::span<float> out) {
  const float down = static_cast<float>(size.height) / static_cast<float>(height);
  const float across = static_cast<float>(size.width) / static_cast<float>(width);
  float* to = out.data();
  for (int64_t c = 0; c < size.channels; ++c) {
    for (int64_t y = 0; y < height; ++y) {
      const int64_t row = std::min(static_cast<int64_t>(static_cast<float>(y) * down), size.height - 1);
      for (int64_t x = 0; x < width; ++x) {
        const int64_t column = std::min(static_cast<int64_t>(static_cast<float>(x) * across), size.width - 1);
        *to++ = source[static_cast<size_t>((c * size.height + row) * size.width + column)];
      }
    }
  }
}

}  // namespace

std::string_view name_of(Filter filter) noexcept {
  switch (filter) {
    case Filter::kNearest: return "nearest";
    case Filter::kBox: return "box";
    case Filter::kBilinear: return "bilinear";
    case Filter::kBicubic: return "bicubic";
    case Filter::kLanczos: return "lanczos";
  }
  return "?";
}

Filter filter_named(std::string_view name) {
  for (Filter filter : {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
    if (name == name_of(filter)) return filter;
  }
  fail(ErrorKind::kUsage, "no filter is called '{}'; known are nearest, box, bilinear, bicubic, lanczos", name);
}

namespace {

void resize_across(const uint8_t* from, int64_t rows, int64_t in, int64_t width, int64_t channels, Filter filter, uint8_t* to) {
  const Taps taps = taps_of(in, width, filter, true);
  const auto across = channels == 1 ? across_bytes<1> : across_bytes<3>;
  across(from, static_cast<size_t>(rows), static_cast<size_t>(in), taps, fixed_point(taps.weights), to);
}

// stride: the bytes of a row.
void resize_down(const uint8_t* from, int64_t in, int64_t height, int64_t stride, Filter filter, uint8_t* to) {
  const Taps taps = taps_of(in, height, filter, true);
  down_bytes(from, static_cast<size_t>(stride), taps, fixed_point(taps.weights), to);
}

}  // namespace

void resize(const Image& source, int64_t height, int64_t width, Filter filter, Image& out) {
  check_image(source);
  check_side(height, width, ErrorKind::kUsage, "to");
  out.channels = source.channels;
  out.height = height;
  out.width = width;
  out.pixels.resize(static_cast<size_t>(height * width * source.channels));
  if (filter == Filter::kNearest) return nearest_bytes(source, out);

  const uint8_t* from = source.pixels.data();
  uint8_t* const to = out.pixels.data();
  const int64_t channels = source.channels, stride = width * channels, old_stride = source.width * channels;
  std::vector<uint8_t> between;  // bytes again, so that the order of the two passes shows
  if (width == source.width && height == source.height) {
    out.pixels = source.pixels;
  } else if (height == source.height) {
    resize_across(from, height, source.width, width, channels, filter, to);
  } else if (width == source.width) {
    resize_down(from, source.height, height, stride, filter, to);
  } else if (height < source.height && source.height - height > 2 * (source.width - width)) {
    between.resize(static_cast<size_t>(height * old_stride));
    resize_down(from, source.height, height, old_stride, filter, between.data());
    resize_across(between.data(), height, source.width, width, channels, filter, to);
  } else {
    between.resize(static_cast<size_t>(source.height * stride));
    resize_across(from, source.height, source.width, width, channels, filter, between.data());
    resize_down(between.data(), source.height, height, stride, filter, to);
  }
}

Image fitted(const Image& image, int64_t side) {
  const int64_t longest = std::max(image.height, image.width);
  if (longest <= side) return image;
  const auto shorter = [&](int64_t length) { return std::max<int64_t>(length * side / longest, 1); };
  Image small;
  resize(image, shorter(image.height), shorter(image.width), Filter::kBilinear, small);
  return small;
}

void resize(std::span<const float> source, PlanesSize size, int64_t height, int64_t width, Filter filter, bool antialias,
            std::span<float> out) {
  check_side(size.height, size.width, ErrorKind::kBadFile, "from");  // the image is at fault, not the caller
  check_side(height, width, ErrorKind::kUsage, "to");
  if (source.size() != static_cast<size_t>(size.channels * size.height * size.width) ||
      out.size() != static_cast<size_t>(size.channels * height * width)) {
    fail(ErrorKind::kUsage, "resizing {} planes of {} x {} to {} x {} was given {} values and space for {}", size.channels,
         size.width, size.height, width, height, source.size(), out.size());
  }
  if (filter == Filter::kNearest) return nearest_floats(source, size, height, width, out);
  const Taps across = taps_of(size.width, width, filter, antialias), down = taps_of(size.height, height, filter, antialias);
  std::vector<float> between(static_cast<size_t>(size.height * width));  // one plane, narrowed
  for (int64_t c = 0; c < size.channels; ++c) {
    const float* plane = source.data() + c * size.height * size.width;
    across_floats(plane, static_cast<size_t>(size.height), static_cast<size_t>(size.width), across, between.data());
    down_floats(between.data(), static_cast<size_t>(width), down, out.data() + c * height * width);
  }
}

}  // namespace residual
