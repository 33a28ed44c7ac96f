#include "cli/reports/reading.h"

#include <fmt/format.h>

#include "core/text.h"

namespace residual::cli {

std::function<void(int64_t done, int64_t all)> show_reading(ProgressBar& bar) {
  return [&bar](int64_t done, int64_t all) {
    bar.update(done, all, [&] { return fmt::format("{} of {} images read", with_commas(done), with_commas(all)); });
  };
}

}  // namespace residual::cli
