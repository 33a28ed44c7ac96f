// What a graph is compiled for: created once from the options and passed down; lower layers read no global settings.
#pragma once

#include <filesystem>
#include <string_view>

#include "backend/backend.h"
#include "residual/compile_observer.h"

namespace residual {

/// What convolutions and matrix products multiply; parameters, statistics, the loss and updates are float32 in any case.
enum class Precision : uint8_t {
  kFp32,
  kTf32,  ///< float32 with 10 bits of mantissa
  kBf16,  ///< bfloat16, which images within the network have too
};

/// "fp32", "tf32" or "bf16".
std::string_view name_of(Precision precision);

struct Target {
  BackendList backends;                   ///< in order of preference; the last covers every op
  int threads = 0;                        ///< of the kernels; 0: as many as the machine or its container allows
  bool tune = true;                       ///< time the implementations of a match; otherwise the first is taken
  Precision training = Precision::kFp32;  ///< of training graphs that are built for this target
  size_t memory_limit = 0;                ///< bytes; 0: none. A larger plan is refused with both sizes
  std::filesystem::path tuning_cache = default_tuning_cache();  ///< a file; empty: timings are not kept on disk
  CompileObserver observer = {};                                ///< of compilations for this target, and of preparing weights

  /// The threads of plans that are compiled now: fewer than `threads` where OpenMP gives fewer, see available_team.
  int available_threads() const;

  /// "kernels.json" in the user's cache folder (core/system/cache_folder.h); empty where there is none.
  static std::filesystem::path default_tuning_cache();
};

}  // namespace residual
