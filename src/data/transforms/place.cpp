#include "data/transforms/place.h"

#include <cmath>

#include "core/error.h"
#include "core/limits.h"

namespace residual::data {

void check_size(Size2 size) {
  constexpr int64_t kMostPixels = kMostSide * kMostSide;
  if (size.height < 1 || size.width < 1 || size.height > kMostPixels / size.width) {
    fail(ErrorKind::kUsage,
         "preprocessing: a size of {} x {} (height x width) is out of range: at least 1 x 1, at most {} pixels", size.height,
         size.width, kMostPixels);
  }
}

void check_number(double value, bool may_be_zero, std::string_view what) {
  if (!std::isfinite(value) || (value == 0 && !may_be_zero)) {
    fail(ErrorKind::kUsage, "preprocessing: {} is {}, expected a finite number{}", what, value,
         may_be_zero ? "" : " other than 0");
  }
}

}  // namespace residual::data
