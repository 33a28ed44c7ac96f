#include "data/transforms/decode.h"

#include "core/error.h"

namespace residual::data {

void Decode::fields(Fields& fields) {
  fields.required("channels", channels);
  fields.optional("exif_orientation", exif_orientation, false);
}

void Decode::check(const Place& place) const {
  if (place.index != 0) fail(ErrorKind::kUsage, "preprocessing: decode can only be the first step");
  if (channels != 1 && channels != 3)
    fail(ErrorKind::kUsage, "preprocessing: decode to {} channels, 1 or 3 are possible", channels);
}

}  // namespace residual::data
