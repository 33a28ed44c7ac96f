// A session runs a plan: it holds the memory, streams and library handles of one caller.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"
#include "runtime/plan.h"
#include "runtime/prepared_weights.h"
#include "runtime/state.h"
#include "runtime/step_runner.h"

namespace residual {

struct SessionOptions {
  /// Copies of the inputs' memory: while a run reads one slot, the caller fills another.
  int input_slots = 1;
  Stop stop = {};  ///< asked while the weights are prepared for the first time; not kept
};

/// Owns the arena. Any number of sessions share one plan and one PreparedWeights; a session is used by one thread at a time.
class Session {
 public:
  /// Allocates the memory, checks that `state` has every Variable in the right type, and prepares the weights. The State must
  /// outlive the session and must not move its tensors.
  Session(std::shared_ptr<const Plan> plan, State& state, const SessionOptions& options = {});
  /// For plans that assign no Variable. Throws Error (kUsage) otherwise.
  Session(std::shared_ptr<const Plan> plan, std::shared_ptr<PreparedWeights> weights, const SessionOptions& options = {});
  Session(Session&&) noexcept = default;
  ~Session();

  /// The memory of an input, canonical order, on the host; fill it before run(). Throws Error (kUsage) for an unknown name or
  /// another element type.
  template <typename T>
  std::span<T> input(std::string_view name, int slot = 0) {
    return of_type<T>(stored_input(name), slot);
  }
  /// The memory of an output, canonical order, on the host; valid until the next run().
  template <typename T>
  std::span<const T> output(std::string_view name) const {
    return of_type<T>(stored_output(name), 0);
  }

  /// Runs the steps on the inputs of a slot; does not allocate. Throws Error: (kResource) or (kOther) when a kernel failed, for
  /// lack of memory or otherwise, (kInterrupted) where `stop`, asked before each step, says so; outputs and Variables are then
  /// invalid. (kUsage) where OpenMP gives the calling thread fewer threads than the plan has.
  void run(int slot = 0, const Stop& stop = {});
  /// The same, adding each step's seconds to `seconds` (one entry per step).
  void run(std::span<double> seconds, int slot = 0, const Stop& stop = {});
  /// Prepares the weights again; to be called after the State was changed from outside.
  void prepare(const Stop& stop = {});
  /// Copies Variables from their device back into the State; does nothing where they are on the host.
  void download_state();

  const Plan& plan() const noexcept { return *plan_; }

 private:
  Session(std::shared_ptr<const Plan> plan, std::shared_ptr<PreparedWeights> weights, State* state,
          const SessionOptions& options);
  int stored_input(std::string_view name) const;
  int stored_output(std::string_view name) const;
  std::byte* address(int stored, int slot) const;
  void add_variables(State* state);
  void upload_state();
  bool can_capture() const;
  std::unique_ptr<CapturedRun> capture(size_t slot);
  StepRunner::Failure run_steps(size_t slot, std::span<double> seconds, const Stop& stop);

  template <typename T>
  std::span<T> of_type(int stored, int slot) const {
    const TensorType& type = plan_->values[static_cast<size_t>(stored)].type;
    if (type.dtype != DTypeOf<T>::value)
      fail(ErrorKind::kUsage, "a value of {} is read as {}", name_of(type.dtype), name_of(DTypeOf<T>::value));
    return {reinterpret_cast<T*>(address(stored, slot)), static_cast<size_t>(type.shape.elements())};
  }

  // A Variable in the memory of a device.
  struct DeviceVariable {
    std::byte* host;
    DeviceMemory memory;
    size_t device;
  };

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<PreparedWeights> weights_;
  std::vector<std::byte*> prepared_, variables_;
  std::vector<DeviceVariable> device_variables_;
  std::vector<DeviceMemory> arenas_;               // by device
  std::vector<std::vector<DeviceMemory>> inputs_;  // by slot, on the host
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<StepRunner> runners_;                     // by slot
  std::vector<std::unique_ptr<CapturedRun>> captured_;  // by slot; of plans that run on one device alone
  std::vector<int64_t> runs_;                           // by slot
};

}  // namespace residual
