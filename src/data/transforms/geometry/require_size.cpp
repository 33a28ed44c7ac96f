#include "data/transforms/geometry/require_size.h"

#include "core/error.h"

namespace residual::data {

void RequireSize::fields(Fields& fields) {
  fields.required("size", size);
}

void RequireSize::check(const Place&) const {
  check_size(size);
}

std::optional<Size2> RequireSize::output_size(Size2 in) const {
  if (in == kAnySize) return size;
  if (in == size) return std::nullopt;
  fail(ErrorKind::kBadFile, "an image has {} x {} pixels (width x height), this model takes {} x {} only", in.width, in.height,
       size.width, size.height);
}

}  // namespace residual::data
