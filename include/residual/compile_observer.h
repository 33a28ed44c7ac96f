// What a caller hears of while a network is compiled, and how it stops that.
#pragma once

#include <cstdint>
#include <functional>

namespace residual {

/// Where kernels are timed for the first time on a machine, compiling takes from seconds to minutes.
struct CompileObserver {
  /// Called when the kernels of `done` of `all` subgraphs have been chosen, while any are timed.
  std::function<void(int64_t done, int64_t all)> on_timing;
  /// Asked many times a second while kernels are timed and weights are prepared: true ends that with Error (kInterrupted). What
  /// has been timed by then is remembered.
  std::function<bool()> stop;
};

}  // namespace residual
