// What the library does beside computing: files it keeps, kernels it times, messages it gives.
#pragma once

#include <filesystem>
#include <optional>

#include "residual/export.h"
#include "residual/log.h"

namespace residual {

/// Of the whole process. An option that is empty follows the environment, which code thereby overrides.
struct RuntimeOptions {
  /// Where the fastest kernels and the statistics of images are remembered; an empty path: nothing is written to disk. Unset:
  /// $RESIDUAL_CACHE_DIR, $XDG_CACHE_HOME/residual or ~/.cache/residual.
  std::optional<std::filesystem::path> cache_folder;
  /// Whether kernels may be timed when a network is compiled, which takes seconds once for each network, batch size and machine;
  /// otherwise a good guess is taken. Unset: unless RESIDUAL_TUNE=0. PredictorOptions, EvaluationOptions and TrainingOptions can
  /// switch it off for one call.
  std::optional<bool> tune;
  /// How many threads compute where an option `threads` is 0. Unset: the processors that the affinity mask, the container and
  /// OMP_NUM_THREADS or OMP_THREAD_LIMIT allow.
  std::optional<int> threads;
  LogSink log;  ///< empty: messages are dropped
};

/// Replaces the options of the process; networks that are compiled already stay as they are. May be called from any thread.
/// Throws Error (kUsage) for a number of threads out of range.
RESIDUAL_API void configure(const RuntimeOptions& options);

}  // namespace residual
