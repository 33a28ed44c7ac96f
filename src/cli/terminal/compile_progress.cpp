#include "cli/terminal/compile_progress.h"

#include <fmt/format.h>

#include <memory>

#include "cli/process/interrupt.h"
#include "cli/terminal/progress_bar.h"

namespace residual::cli {

CompileObserver compile_progress() {
  const auto bar = std::make_shared<ProgressBar>(true);
  const auto show = [bar](int64_t done, int64_t all) {
    if (done == all) return bar->clear();
    bar->update(done, all, [&] { return fmt::format("timing kernels {} of {}", done + 1, all); });
  };
  return {show, interrupted};
}

}  // namespace residual::cli
