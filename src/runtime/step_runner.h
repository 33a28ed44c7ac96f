// Runs the steps of one program of a plan on streams.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "runtime/plan.h"
#include "runtime/stop.h"

namespace residual {

/// One stream for each of the plan's devices.
std::vector<std::unique_ptr<Stream>> make_streams(const Plan& plan);

/// The steps of a program bound to memory. Created once, run any number of times without allocation.
class StepRunner {
 public:
  /// address: of a stored value. scratch: the memory of a device's arena.
  StepRunner(const Plan& plan, const std::vector<PlanStep>& steps, std::span<const std::unique_ptr<Stream>> streams,
             const std::function<std::byte*(int stored)>& address, const std::function<std::byte*(int device)>& scratch);

  /// The first failure, if any.
  struct Failure {
    const PlanStep* step = nullptr;
    KernelStatus status;
  };
  /// Runs the steps in order up to the first failure. Adds each step's seconds to `seconds`, one entry per step, where it is not
  /// empty. stop: asked before each step; where it says so, throws Error (kInterrupted).
  Failure run(std::span<double> seconds = {}, const Stop& stop = {}) const;

  /// Throws Error, naming the step: (kResource) where the library ran out of memory or the device failed, else (kOther). Returns
  /// when no step failed.
  static void check(const Failure& failure);

 private:
  struct Call {
    const PlanStep* step;
    Stream* stream;
    std::unique_ptr<KernelState> state;
    std::vector<std::byte*> inputs, outputs;
    std::byte* scratch;
    CopyDirection direction;
    size_t bytes;  // of copies
    bool waits;    // for the copy, since steps on the host use its memory
  };
  static KernelStatus run(const Call& call) noexcept;

  std::vector<Call> calls_;
};

}  // namespace residual
