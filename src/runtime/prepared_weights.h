// Shared by sessions: folded, packed and transferred weights, computed once from a State.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/plan.h"
#include "runtime/state.h"
#include "runtime/stop.h"

namespace residual {

/// The prepared values of any number of plans for one State, each computed once and shared by sessions of one plan and by plans
/// of other batch sizes. May be used from several threads; refresh() only while no session runs.
class PreparedWeights {
 public:
  /// The State must outlive it and must not move its tensors.
  explicit PreparedWeights(const State& state) : state_(state) {}
  PreparedWeights(const PreparedWeights&) = delete;
  PreparedWeights& operator=(const PreparedWeights&) = delete;

  /// The memory of each of plan->prepared, on its device; missing ones are computed. Throws Error (kUsage) where the State
  /// lacks a Variable or has it in another type, (kResource) when memory is exhausted, (kOther) when a kernel fails,
  /// (kInterrupted) where `stop` says so.
  std::vector<std::byte*> attach(const std::shared_ptr<const Plan>& plan, const Stop& stop = {});

  /// Computes all values again; to be called after the State has changed. Interrupted, it leaves them invalid.
  void refresh(const Stop& stop = {});

  /// Names of Variables that no attached plan reads once its weights are prepared: a State used only for inference can drop them.
  std::vector<std::string> unread() const;

  const State& state() const noexcept { return state_; }
  size_t bytes() const;  ///< of the prepared values, over all devices

 private:
  std::vector<std::string> allocate_missing(const Plan& plan);
  void prepare(const Plan& plan, const std::set<std::string>& keys, const Stop& stop);

  const State& state_;
  mutable std::timed_mutex mutex_;
  std::map<std::string, DeviceMemory> values_;  // by key
  std::vector<std::weak_ptr<const Plan>> plans_;
};

/// The tensor of a Variable as the plan expects it; throws Error (kUsage) naming the difference.
const Tensor& variable_of(const State& state, const Plan& plan, const std::string& name);

}  // namespace residual
