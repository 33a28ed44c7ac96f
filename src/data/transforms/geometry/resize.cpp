#include "data/transforms/geometry/resize.h"

#include <algorithm>

#include "core/error.h"

namespace residual::data {
namespace {

void check_filter(Filter filter, bool antialias, bool on_floats) {
  if (antialias) return;
  if (!on_floats) {
    fail(ErrorKind::kUsage,
         "preprocessing: resizing bytes is always antialiased; put the resize behind a divide, scale or normalize step");
  }
  if (filter != Filter::kBilinear && filter != Filter::kNearest) {
    fail(ErrorKind::kUsage, "preprocessing: without antialias only the filters bilinear and nearest are known, not {}",
         name_of(filter));
  }
}

void resize_planes(const Planes& in, const Planes& out, Filter filter, bool antialias) {
  residual::resize(in.values, {in.channels, in.height, in.width}, out.height, out.width, filter, antialias, out.values);
}

}  // namespace

void Resize::fields(Fields& fields) {
  fields.required("size", size);
  fields.optional("filter", filter);
  fields.optional("antialias", antialias, true);
}

void Resize::check(const Place& place) const {
  check_size(size);
  check_filter(filter, antialias, place.floats);
}

std::optional<Size2> Resize::output_size(Size2 in) const {
  return in == size ? std::nullopt : std::optional(size);
}

void Resize::apply(const Image& in, Image& out, Rng&) const {
  residual::resize(in, out.height, out.width, filter, out);
}

void Resize::apply(const Planes& in, const Planes& out, Rng&) const {
  resize_planes(in, out, filter, antialias);
}

void ResizeShorter::fields(Fields& fields) {
  fields.required("size", size);
  fields.optional("filter", filter);
  fields.optional("antialias", antialias, true);
}

void ResizeShorter::check(const Place& place) const {
  check_size({size, size});
  check_filter(filter, antialias, place.floats);
}

std::optional<Size2> ResizeShorter::output_size(Size2 in) const {
  if (in == kAnySize) return kAnySize;
  const int64_t shorter = std::min(in.height, in.width), longer = std::max(in.height, in.width);
  const auto other = static_cast<int64_t>(static_cast<double>(size) * static_cast<double>(longer) / static_cast<double>(shorter));
  // A very long image would need more memory than it can justify.
  if (other > 65535 || other > kMaxPixels / size) {
    fail(ErrorKind::kBadFile,
         "an image of {} x {} pixels is too long to be prepared: with a shorter side of {} the other one would be {}", in.width,
         in.height, size, other);
  }
  const Size2 out = in.height <= in.width ? Size2{size, other} : Size2{other, size};
  return in == out ? std::nullopt : std::optional(out);
}

void ResizeShorter::apply(const Image& in, Image& out, Rng&) const {
  residual::resize(in, out.height, out.width, filter, out);
}

void ResizeShorter::apply(const Planes& in, const Planes& out, Rng&) const {
  resize_planes(in, out, filter, antialias);
}

}  // namespace residual::data
