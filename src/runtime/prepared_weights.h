// What sessions share: folded, packed and transferred weights, computed once from a State.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/plan.h"
#include "runtime/state.h"

namespace residual {

/// The prepared values of any number of plans for one State, each computed once: plans of other batch sizes and sessions of the
/// same plan find what is there. May be used from several threads; refresh() only while no session runs.
class PreparedWeights {
 public:
  /// The State must outlive it and keep its tensors where they are.
  explicit PreparedWeights(const State& state) : state_(state) {}
  PreparedWeights(const PreparedWeights&) = delete;
  PreparedWeights& operator=(const PreparedWeights&) = delete;

  /// The memory of each of plan->prepared, on its device; what is missing is computed. Throws Error (kUsage) where the State
  /// lacks a Variable or has it in another type, (kResource) when there is no memory, (kOther) when a kernel fails.
  std::vector<std::byte*> attach(const std::shared_ptr<const Plan>& plan);

  /// Computes everything again: after the State has changed.
  void refresh();

  /// Names of Variables that no attached plan reads once its weights are prepared: a State for inference alone can drop them.
  std::vector<std::string> unread() const;

  const State& state() const noexcept { return state_; }
  size_t bytes() const;  ///< of the prepared values, over all devices

 private:
  std::vector<std::string> allocate_missing(const Plan& plan);
  void prepare(const Plan& plan, const std::set<std::string>& keys);

  const State& state_;
  mutable std::mutex mutex_;
  std::map<std::string, DeviceMemory> values_;  // by key
  std::vector<std::weak_ptr<const Plan>> plans_;
};

/// The tensor of a Variable as the plan expects it; throws Error (kUsage) naming what differs.
const Tensor& variable_of(const State& state, const Plan& plan, const std::string& name);

}  // namespace residual
