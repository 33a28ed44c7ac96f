#include "data/transforms/pointwise.h"

#include <algorithm>

#include "core/error.h"

namespace residual::data {

void Normalize::fields(Fields& fields) {
  fields.required("mean", mean);
  fields.required("std", std);
}

void Normalize::check(const Place& place) const {
  const auto count = static_cast<size_t>(place.channels);
  if (mean.size() != count || std.size() != count) {
    fail(ErrorKind::kUsage,
         "preprocessing: normalize has {} means and {} standard deviations for {} channels; one of each a channel is expected",
         mean.size(), std.size(), place.channels);
  }
  for (const float each : mean) check_number(each, true, "a mean");
  for (const float each : std) check_number(each, false, "a standard deviation");
  if (std::ranges::any_of(std, [](float each) { return each < 0; }))
    fail(ErrorKind::kUsage, "preprocessing: a standard deviation is below 0");
}

}  // namespace residual::data
