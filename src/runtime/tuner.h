// Choosing among implementations by timing them on the real shapes, and remembering the winners.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "runtime/plan.h"

namespace residual {

class Tuner {
 public:
  /// Reads the cache file; a damaged one is ignored with a warning.
  Tuner(const BackendList& backends, const PlanOptions& options, int threads);

  /// The index of the implementation to run. `key` names the subgraph: ops, attributes, types, layouts. `extra_seconds` is what
  /// each implementation costs beside its own time (reorders of its inputs); asked only when implementations are timed.
  size_t choose(const std::string& key, std::vector<Implementation>& implementations, std::span<const TensorType> inputs,
                std::span<const TensorType> outputs, const std::vector<double>& extra_seconds);

  const std::map<std::string, std::string>& choices() const noexcept { return choices_; }
  /// Whether `key` still has to be timed, so that extra_seconds is worth finding out.
  bool unknown(const std::string& key) const;
  /// Gives the memory of timing back to the system and writes what is new to the cache file; a failure is a warning, not an
  /// error.
  void finish() const;

 private:
  std::filesystem::path file_;
  std::string machine_;  ///< what remembered times depend on
  bool enabled_;
  std::map<std::string, std::string> forced_, remembered_, choices_;
  bool fresh_ = false;
};

/// Seconds that one run takes on scratch memory of its own: the least of a few runs, bounded to
/// about half a second.
double seconds_of(Implementation& implementation, std::span<const TensorType> inputs, std::span<const TensorType> outputs);

}  // namespace residual
