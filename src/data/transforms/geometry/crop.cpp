#include "data/transforms/geometry/crop.h"

#include "core/error.h"

namespace residual::data {
namespace {

constexpr std::string_view kCorners[] = {"top_left", "top_right", "bottom_left", "bottom_right"};  // in the order of Corner

constexpr std::string_view kStarts[] = {"half_even", "floor"};  // in the order of CropStart

// Where the crop starts along one axis; negative when it is larger than the image.
int64_t middle_start(int64_t in, int64_t crop, CropStart start) {
  if (crop > in) return -((crop - in) / 2);
  const int64_t rest = in - crop;
  if (start == CropStart::kFloor) return rest / 2;
  return rest % 2 == 0 ? rest / 2 : (rest / 2) % 2 == 0 ? rest / 2 : rest / 2 + 1;
}

Window middle(Size2 in, const CenterCrop& crop) {
  const auto [height, width] = crop.size;
  return {middle_start(in.height, height, crop.start), middle_start(in.width, width, crop.start), crop.size};
}

Window at_corner(Size2 in, const CornerCrop& crop) {
  const bool bottom = crop.corner == Corner::kBottomLeft || crop.corner == Corner::kBottomRight;
  const bool right = crop.corner == Corner::kTopRight || crop.corner == Corner::kBottomRight;
  return {bottom ? in.height - crop.size.height : 0, right ? in.width - crop.size.width : 0, crop.size};
}

}  // namespace

void CenterCrop::fields(Fields& fields) {
  fields.required("size", size);
  fields.choice("start", start, kStarts, CropStart::kHalfEven);
}

void CenterCrop::check(const Place&) const {
  check_size(size);
}

std::optional<Size2> CenterCrop::output_size(Size2 in) const {
  return in == size ? std::nullopt : std::optional(size);
}

void CenterCrop::apply(const Image& in, Image& out, Rng&) const {
  crop(in, middle({in.height, in.width}, *this), out);
}

void CenterCrop::apply(const Planes& in, const Planes& out, Rng&) const {
  crop(in, middle(in.size(), *this), out);
}

void CornerCrop::fields(Fields& fields) {
  fields.required("size", size);
  fields.choice("corner", corner, kCorners);
}

void CornerCrop::check(const Place&) const {
  check_size(size);
}

std::optional<Size2> CornerCrop::output_size(Size2 in) const {
  if (in == size) return std::nullopt;
  if (in != kAnySize && (size.height > in.height || size.width > in.width)) {
    fail(ErrorKind::kBadFile, "an image has {} x {} pixels (width x height), a crop of {} x {} at its corner is larger", in.width,
         in.height, size.width, size.height);
  }
  return size;
}

void CornerCrop::apply(const Image& in, Image& out, Rng&) const {
  crop(in, at_corner({in.height, in.width}, *this), out);
}

void CornerCrop::apply(const Planes& in, const Planes& out, Rng&) const {
  crop(in, at_corner(in.size(), *this), out);
}

}  // namespace residual::data
