// Choosing among implementations by timing them on the real shapes, and remembering the winners.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "runtime/plan.h"
#include "runtime/tuning/kernel_timer.h"

namespace residual {

/// Timings are remembered by what they depend on (processor, threads, library versions), in the tuning cache and, for all
/// sessions of the process, in memory: no implementation is timed twice.
class Tuner {
 public:
  /// Reads the cache file; a damaged one is ignored with a warning.
  Tuner(const Target& target, const KernelChoices& choices, int threads);

  /// One choice: a key and its candidate implementations.
  struct Problem {
    std::string key;  ///< ops, attributes, types, layouts
    std::span<const Implementation> implementations;
    std::span<const TensorType> inputs, outputs;
    const Device& device;
    /// The kernel of an implementation; null where it cannot be built.
    std::function<std::shared_ptr<const Kernel>(const Implementation&)> build;
    /// The cost of an implementation beside its own time: reorders of its inputs.
    std::function<double(const Implementation&)> extra_seconds;
  };
  struct Choice {
    size_t index = 0;  ///< of the implementation
    std::shared_ptr<const Kernel> kernel;
  };
  /// Throws Error (kOther) when none of the implementations can be built.
  Choice choose(const Problem& problem);

  struct Timed {
    size_t index = 0;
    double seconds = 0;
  };
  /// The implementation that choose() would take, and its seconds. It is remembered in the tuning cache, but is not one of the
  /// plan's choices.
  Timed least_seconds(const Problem& problem);

  /// The rival cover to take, by the least `seconds_of(i)`; the first where timing is off.
  size_t choose_cover(const std::string& key, std::span<const std::string> labels,
                      const std::function<double(size_t)>& seconds_of);

  /// Seconds per run, in the memory of this tuner; see KernelTimer.
  KernelTimer& timer() noexcept { return timer_; }
  /// Tells the target's observer of progress, where kernels are timed: `done` of `all` subgraphs.
  void progress(size_t done, size_t all) { done_ = static_cast<int64_t>(done), all_ = static_cast<int64_t>(all); }

  const KernelChoices& choices() const noexcept { return choices_; }
  /// Returns the memory used by timing to the system and writes new timings to the cache file; a failure is a warning, not an
  /// error.
  void finish();

 private:
  size_t preferred(const std::string& key, std::span<const std::string> labels) const;
  Timed fastest(const Problem& problem);

  std::filesystem::path file_;
  std::string machine_;  ///< what remembered times depend on
  bool enabled_;
  bool fresh_ = false;
  CompileObserver observer_;
  int64_t done_ = 0, all_ = 0;  // subgraphs
  KernelTimer timer_;
  KernelChoices forced_, choices_;
};

}  // namespace residual
