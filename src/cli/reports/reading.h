// Progress of a pass over all images.
#pragma once

#include <cstdint>
#include <functional>

#include "cli/terminal/progress_bar.h"

namespace residual::cli {

/// Shows on the bar, which must outlive it, how many images have been read.
std::function<void(int64_t done, int64_t all)> show_reading(ProgressBar& bar);

}  // namespace residual::cli
