#include "residual/runtime.h"

#include "api/handles.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/system/cache_folder.h"
#include "core/threads/threads.h"
#include "core/tuning.h"

namespace residual {

void configure(const RuntimeOptions& options) {
  guarded([&] {
    if (options.threads && (*options.threads < 1 || *options.threads > kMostThreads))
      fail(ErrorKind::kUsage, "the number of threads is {}, expected 1 to {}", *options.threads, kMostThreads);
    set_cache_folder(options.cache_folder);
    allow_tuning(options.tune);
    set_default_threads(options.threads);
    set_log_sink(options.log);
  });
}

}  // namespace residual
