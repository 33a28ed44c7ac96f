// What a graph is compiled for: created once from the options and passed down; lower layers read no global settings.
#pragma once

#include <filesystem>

#include "backend/backend.h"
#include "residual/compile_observer.h"

namespace residual {

struct Target {
  BackendList backends;     ///< in order of preference; the last covers every op
  int threads = 0;          ///< of the kernels; 0: as many as the machine or its container allows
  bool tune = true;         ///< time the implementations of a match; otherwise the first is taken
  size_t memory_limit = 0;  ///< bytes; 0: none. A larger plan is refused with both sizes
  std::filesystem::path tuning_cache = default_tuning_cache();  ///< a file; empty: timings are not kept on disk
  CompileObserver observer = {};                                ///< of compilations for this target, and of preparing weights

  /// The threads of plans that are compiled now: fewer than `threads` where OpenMP gives fewer, see available_team.
  int available_threads() const;

  /// "kernels.json" in the user's cache folder (core/system/cache_folder.h); empty where there is none.
  static std::filesystem::path default_tuning_cache();
};

}  // namespace residual
