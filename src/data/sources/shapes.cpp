#include "data/sources/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/rng.h"
#include "image/raster.h"

namespace residual::data {
namespace {

enum Shape10 : int64_t { kCircle, kSquare, kTriangle, kStar, kCross, kRing, kPentagon, kCrescent, kArrow, kHeart, kShapes };

// Outlines in the unit disc, y downwards.
constexpr std::array<Point, 12> kCrossOutline = {{{-.28F, -.96F},
                                                  {.28F, -.96F},
                                                  {.28F, -.28F},
                                                  {.96F, -.28F},
                                                  {.96F, .28F},
                                                  {.28F, .28F},
                                                  {.28F, .96F},
                                                  {-.28F, .96F},
                                                  {-.28F, .28F},
                                                  {-.96F, .28F},
                                                  {-.96F, -.28F},
                                                  {-.28F, -.28F}}};
constexpr std::array<Point, 7> kArrowOutline = {
    {{1, 0}, {.2F, .8F}, {.2F, .3F}, {-.95F, .3F}, {-.95F, -.3F}, {.2F, -.3F}, {.2F, -.8F}}};
constexpr std::array<Point, 18> kHeartOutline = {{{0, -.42F},
                                                  {.13F, -.66F},
                                                  {.32F, -.82F},
                                                  {.54F, -.85F},
                                                  {.76F, -.74F},
                                                  {.9F, -.52F},
                                                  {.92F, -.24F},
                                                  {.8F, .06F},
                                                  {.48F, .48F},
                                                  {0, .95F},
                                                  {-.48F, .48F},
                                                  {-.8F, .06F},
                                                  {-.92F, -.24F},
                                                  {-.9F, -.52F},
                                                  {-.76F, -.74F},
                                                  {-.54F, -.85F},
                                                  {-.32F, -.82F},
                                                  {-.13F, -.66F}}};

// Where the unit disc goes: turned, scaled (a little more in one direction) and moved.
struct Placement {
  Point centre, turn;
  float radius = 1, squeeze = 1;

  Point operator()(Point point) const noexcept {
    const float x = point.x * radius, y = point.y * radius * squeeze;
    return {centre.x + x * turn.x - y * turn.y, centre.y + x * turn.y + y * turn.x};
  }
};

float between(Rng& rng, double low, double high) {
  return static_cast<float>(rng.uniform(low, high));
}

void polygon(Mask& mask, std::span<const Point> outline, const Placement& place) {
  std::array<Point, 20> placed;
  for (size_t i = 0; i < outline.size(); ++i) placed[i] = place(outline[i]);
  mask.fill_polygon(std::span(placed).first(outline.size()));
}

// A regular polygon's corners; with an inner radius below 1 every second corner is drawn in: a star.
void regular(Mask& mask, size_t corners, float inner, const Placement& place) {
  std::array<Point, 20> outline;
  for (size_t i = 0; i < corners; ++i) {
    const Point corner = direction(static_cast<double>(i) / static_cast<double>(corners));
    const float radius = i % 2 == 1 ? inner : 1;
    outline[i] = {corner.x * radius, corner.y * radius};
  }
  polygon(mask, std::span(outline).first(corners), place);
}

void shape_mask(Mask& mask, int64_t kind, const Placement& place, Rng& rng) {
  switch (kind) {
    case kCircle: mask.fill_disc(place.centre, place.radius * 0.9F); break;
    case kSquare: {
      constexpr std::array<Point, 4> outline = {{{-.78F, -.78F}, {.78F, -.78F}, {.78F, .78F}, {-.78F, .78F}}};
      polygon(mask, outline, place);
      break;
    }
    case kTriangle: regular(mask, 3, 1, place); break;
    case kStar: regular(mask, 10, between(rng, 0.4, 0.5), place); break;
    case kCross: polygon(mask, kCrossOutline, place); break;
    case kRing:
      mask.fill_disc(place.centre, place.radius * 0.95F);
      mask.cut_disc(place.centre, place.radius * between(rng, 0.45, 0.6));
      break;
    case kPentagon: regular(mask, 5, 1, place); break;
    case kCrescent: {
      mask.fill_disc(place.centre, place.radius * 0.98F);
      const float radius = place.radius * between(rng, 0.7, 0.8);  // drawn first: compilers differ in the order of arguments
      mask.cut_disc(place({between(rng, 0.42, 0.6), 0}), radius);
      break;
    }
    case kArrow: polygon(mask, kArrowOutline, place); break;
    default: polygon(mask, kHeartOutline, place); break;
  }
}

Colour colour(Rng& rng) {
  return {between(rng, 0, 1), between(rng, 0, 1), between(rng, 0, 1)};
}

float difference(const Colour& a, const Colour& b) {
  return std::abs(a[0] - b[0]) * 0.3F + std::abs(a[1] - b[1]) * 0.5F + std::abs(a[2] - b[2]) * 0.2F;
}

Texture texture(Rng& rng, const Colour& base, double contrast, double scale) {
  Texture made;
  made.kind = static_cast<Texture::Kind>(rng.below(4));
  made.first = made.second = base;
  for (float& value : made.second) value = std::clamp(value + between(rng, -contrast, contrast), 0.0F, 1.0F);
  const Point along = direction(rng.uniform());
  const float stripes = between(rng, 2, 6) / static_cast<float>(scale);
  made.along = {along.x * stripes, along.y * stripes};
  made.phase = between(rng, 0, 1);
  return made;
}

// The whole image: what is drawn in which order and how much of it.
class Scene {
 public:
  void draw(const ShapesOptions& options, int64_t index, Image& image) {
    height_ = options.height;
    width_ = options.width;
    side_ = static_cast<float>(std::min(height_, width_));
    Rng rng(options.seed, Purpose::kDraw, static_cast<uint64_t>(options.split), static_cast<uint64_t>(index));
    canvas_.reset(height_, width_);
    mask_.reset(height_, width_);

    const Colour ground = colour(rng);
    canvas_.fill(texture(rng, ground, 0.25, side_));
    for (uint64_t i = rng.below(3); i > 0; --i) clutter(rng);
    Colour paint = colour(rng);
    while (difference(paint, ground) < 0.3F) paint = colour(rng);
    const Placement place = placement(rng);
    shape_mask(mask_, index % kShapes, place, rng);
    canvas_.paint(mask_, texture(rng, paint, 0.25, side_));
    for (uint64_t i = rng.below(3); i > 0; --i) clutter(rng);
    if (rng.chance(0.4)) cover(rng, place);
    finish(rng, image);
    if (options.channels == 1) convert_channels(image, 1);
  }

 private:
  // Anywhere, as long as at most a tenth of the radius is outside.
  Placement placement(Rng& rng) const {
    Placement place;
    place.radius = side_ * between(rng, 0.3, 0.47);
    place.squeeze = between(rng, 0.85, 1);
    place.turn = direction(rng.uniform());
    const double margin = 0.9 * place.radius;
    place.centre = {between(rng, margin, static_cast<double>(width_) - margin),
                    between(rng, margin, static_cast<double>(height_) - margin)};
    return place;
  }

  // A small disc, triangle or stroke.
  void clutter(Rng& rng) {
    Placement place;
    place.radius = side_ * between(rng, 0.04, 0.11);
    place.turn = direction(rng.uniform());
    place.centre = {between(rng, 0, static_cast<double>(width_)), between(rng, 0, static_cast<double>(height_))};
    switch (rng.below(3)) {
      case 0: mask_.fill_disc(place.centre, place.radius); break;
      case 1: regular(mask_, 3, 1, place); break;
      default: {
        constexpr std::array<Point, 4> stroke = {{{-3, -.25F}, {3, -.25F}, {3, .25F}, {-3, .25F}}};
        polygon(mask_, stroke, place);
      }
    }
    canvas_.paint(mask_, texture(rng, colour(rng), 0.2, side_));
  }

  // A bar over an outer part of the shape.
  void cover(Rng& rng, const Placement& shape) {
    const Point out = direction(rng.uniform());
    const float offset = shape.radius * between(rng, 0.3, 1.0);
    Placement place;
    place.centre = {shape.centre.x + out.x * offset, shape.centre.y + out.y * offset};
    place.turn = out;
    place.radius = side_ * between(rng, 0.03, 0.07);
    const float length = between(rng, 0.3, 0.8) * side_ / place.radius;
    const std::array<Point, 4> bar = {{{-1, -length}, {1, -length}, {1, length}, {-1, length}}};
    polygon(mask_, bar, place);
    canvas_.paint(mask_, texture(rng, colour(rng), 0.2, side_));
  }

  // Bytes, with noise: the sum of four random bytes is close to a normal distribution (standard deviation 147.8).
  void finish(Rng& rng, Image& image) {
    const float strength = between(rng, 0, 14) / 147.8F;
    const std::span<const float> values = canvas_.values();
    image.channels = 3;
    image.height = height_;
    image.width = width_;
    image.pixels.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const uint32_t word = rng.next();
      const auto sum = static_cast<int32_t>((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24));
      const float value = values[i] * 255 + static_cast<float>(sum - 510) * strength;
      image.pixels[i] = static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F) + 0.5F);
    }
  }

  int64_t height_ = 0, width_ = 0;
  float side_ = 0;  // the shorter side, in pixels
  Canvas canvas_;
  Mask mask_;
};

}  // namespace

const std::vector<std::string>& shape_classes() {
  static const std::vector<std::string> names = {"circle", "square",   "triangle", "star",  "cross",
                                                 "ring",   "pentagon", "crescent", "arrow", "heart"};
  return names;
}

void draw_shape(const ShapesOptions& options, int64_t index, Image& image) {
  thread_local Scene scene;
  scene.draw(options, index, image);
}

}  // namespace residual::data
