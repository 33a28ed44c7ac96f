#include "train/options/options.h"

#include "core/limits.h"
#include "train/options/hyperparameter_table.h"

namespace residual::train {

void check(const Execution& execution) {
  const auto within = [](std::string_view what, double value, const Range& range) {
    if (!range.contains(value)) fail(ErrorKind::kUsage, "{} is {}, expected {}", what, value, range.to_text());
  };
  within("the number of threads", execution.target.threads, {0, kMostThreads});  // 0: as many as the machine allows
  within("the number of loader threads", execution.loader_threads, {1, kMostLoaderThreads});
  within("the time between checkpoints", execution.checkpoint_minutes, kPositive);
}

void check(const TrainOptions& options) {
  check(static_cast<const Hyperparameters&>(options));
  check(static_cast<const Execution&>(options));
}

}  // namespace residual::train
