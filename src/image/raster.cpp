#include "image/raster.h"

#include <algorithm>
#include <cmath>

namespace residual {
namespace {

// |x| folded to 0 … 1 … 0 with period 1: a triangle wave.
float wave(float x) noexcept {
  const float part = x - std::floor(x);
  return part < 0.5F ? 2 * part : 2 - 2 * part;
}

float smooth(float x) noexcept {
  return x * x * (3 - 2 * x);
}

// sine of a quarter turn's fraction u in -1 … 1: the odd polynomial of Taylor with the last term adjusted to meet 1.
double quarter_sine(double u) noexcept {
  const double square = u * u;
  return u * (1.5707963 - square * (0.6459641 - square * (0.0796926 - square * 0.0048604)));
}

// Sine of `turns` full turns.
double sine(double turns) noexcept {
  double part = turns - std::floor(turns);  // 0 … 1
  if (part > 0.75) return quarter_sine((part - 1) * 4);
  if (part > 0.25) return quarter_sine((0.5 - part) * 4);
  return quarter_sine(part * 4);
}

}  // namespace

Point direction(double turns) noexcept {
  return {static_cast<float>(sine(turns + 0.25)), static_cast<float>(sine(turns))};
}

void Mask::reset(int64_t height, int64_t width) {
  height_ = height;
  width_ = width;
  cover_.resize(static_cast<size_t>(height * width));
  distance_.resize(static_cast<size_t>(width));
  side_.resize(static_cast<size_t>(width));
  top = bottom = left = right = 0;
}

void Mask::bound(float low_x, float low_y, float high_x, float high_y) noexcept {
  const auto clamped = [](float value, int64_t most) {
    return static_cast<int64_t>(std::clamp(value, 0.0F, static_cast<float>(most)));
  };
  left = clamped(low_x - 1, width_);
  top = clamped(low_y - 1, height_);
  right = std::max(left, clamped(high_x + 2, width_));
  bottom = std::max(top, clamped(high_y + 2, height_));
}

void Mask::fill_polygon(std::span<const Point> outline) {
  float low_x = outline[0].x, high_x = low_x, low_y = outline[0].y, high_y = low_y;
  for (const Point& point : outline) {
    low_x = std::min(low_x, point.x), high_x = std::max(high_x, point.x);
    low_y = std::min(low_y, point.y), high_y = std::max(high_y, point.y);
  }
  bound(low_x, low_y, high_x, high_y);
  const int64_t count = right - left;
  for (int64_t row = top; row < bottom; ++row) {
    // Signed distance to the outline: the least distance to an edge; the side changes with every edge that a ray to the right
    // crosses.
    const float y = static_cast<float>(row) + 0.5F;
    std::fill_n(distance_.begin(), count, 1e30F);
    std::fill_n(side_.begin(), count, 1.0F);
    for (size_t i = 0; i < outline.size(); ++i) {
      const Point a = outline[i], b = outline[(i + 1) % outline.size()];
      const float ex = b.x - a.x, ey = b.y - a.y, inverse = 1 / std::max(ex * ex + ey * ey, 1e-12F), wy = y - a.y;
      const float start = static_cast<float>(left) + 0.5F - a.x;
      float* distance = distance_.data();
      for (int64_t x = 0; x < count; ++x) {
        const float wx = start + static_cast<float>(static_cast<int32_t>(x));
        const float t = std::min(std::max((wx * ex + wy * ey) * inverse, 0.0F), 1.0F);
        const float dx = wx - t * ex, dy = wy - t * ey;
        distance[x] = std::min(distance[x], dx * dx + dy * dy);
      }
      if ((a.y <= y) == (b.y <= y)) continue;
      const float crossing = wy * ex / ey;
      float* side = side_.data();
      for (int64_t x = 0; x < count; ++x) {
        side[x] = start + static_cast<float>(static_cast<int32_t>(x)) < crossing ? -side[x] : side[x];
      }
    }
    float* cover = cover_.data() + row * width_ + left;
    for (int64_t x = 0; x < count; ++x) {
      const float signed_distance = std::sqrt(distance_[static_cast<size_t>(x)]) * side_[static_cast<size_t>(x)];
      cover[x] = std::min(std::max(0.5F - signed_distance, 0.0F), 1.0F);
    }
  }
}

void Mask::fill_disc(Point centre, float radius) {
  bound(centre.x - radius, centre.y - radius, centre.x + radius, centre.y + radius);
  for (int64_t row = top; row < bottom; ++row) {
    const float dy = static_cast<float>(row) + 0.5F - centre.y;
    for (int64_t column = left; column < right; ++column) {
      const float dx = static_cast<float>(column) + 0.5F - centre.x;
      cover_[static_cast<size_t>(row * width_ + column)] = std::clamp(radius + 0.5F - std::sqrt(dx * dx + dy * dy), 0.0F, 1.0F);
    }
  }
}

void Mask::cut_disc(Point centre, float radius) {
  for (int64_t row = top; row < bottom; ++row) {
    const float dy = static_cast<float>(row) + 0.5F - centre.y;
    for (int64_t column = left; column < right; ++column) {
      const float dx = static_cast<float>(column) + 0.5F - centre.x;
      float& cover = cover_[static_cast<size_t>(row * width_ + column)];
      cover = std::min(cover, 1 - std::clamp(radius + 0.5F - std::sqrt(dx * dx + dy * dy), 0.0F, 1.0F));
    }
  }
}

float Texture::share(float x, float y) const noexcept {
  const float along_it = along.x * x + along.y * y + phase;
  switch (kind) {
    case Kind::kPlain: return 0;
    case Kind::kStripes: return smooth(wave(along_it));
    case Kind::kChecks: return std::abs(smooth(wave(along_it)) - smooth(wave(along.x * y - along.y * x + phase)));
    case Kind::kRamp: return wave(along_it * 0.25F);
  }
  return 0;
}

void Canvas::reset(int64_t height, int64_t width) {
  height_ = height;
  width_ = width;
  values_.resize(static_cast<size_t>(height * width * 3));
}

void Canvas::fill(const Texture& texture) {
  size_t at = 0;
  for (int64_t y = 0; y < height_; ++y) {
    for (int64_t x = 0; x < width_; ++x, at += 3) {
      const float share = texture.share(static_cast<float>(x), static_cast<float>(y));
      for (size_t c = 0; c < 3; ++c) values_[at + c] = texture.first[c] + share * (texture.second[c] - texture.first[c]);
    }
  }
}

void Canvas::paint(const Mask& mask, const Texture& texture) {
  for (int64_t y = mask.top; y < mask.bottom; ++y) {
    for (int64_t x = mask.left; x < mask.right; ++x) {
      const float cover = mask.at(y, x);
      if (cover <= 0) continue;
      const float share = texture.share(static_cast<float>(x), static_cast<float>(y));
      float* value = values_.data() + (y * width_ + x) * 3;
      for (size_t c = 0; c < 3; ++c) {
        const float colour = texture.first[c] + share * (texture.second[c] - texture.first[c]);
        value[c] += cover * (colour - value[c]);
      }
    }
  }
}

}  // namespace residual
