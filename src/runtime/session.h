// Running a plan on a State.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "runtime/plan.h"
#include "runtime/state.h"

namespace residual {

/// Owns the arena. The State must outlive the session and keep its tensors where they are. Not for use from two threads at once.
class Session {
 public:
  /// Takes the memory, checks that `state` has every Variable in the right type, and runs the prepare program.
  Session(std::shared_ptr<const Plan> plan, State& state);

  /// The memory of an input, canonical order; fill it before run(). Throws Error (kUsage) for an unknown name or another element
  /// type.
  template <typename T>
  std::span<T> input(std::string_view name) {
    return of_type<T>(input_value(name));
  }
  /// The memory of an output, canonical order; valid until the next run().
  template <typename T>
  std::span<const T> output(std::string_view name) const {
    return of_type<T>(output_value(name));
  }

  /// Runs the steps. Does not allocate, does not throw.
  void run() noexcept;
  /// The same, adding each step's seconds to `seconds` (one entry a step).
  void run(std::span<double> seconds) noexcept;
  /// Runs the prepare program again: after the State has changed from outside.
  void prepare() noexcept;

  const Plan& plan() const noexcept { return *plan_; }

 private:
  struct Call {
    Kernel* kernel;
    KernelArgs args;
  };
  int input_value(std::string_view name) const;
  int output_value(std::string_view name) const;
  std::byte* address(int placed) const;
  std::vector<Call> calls(const std::vector<PlanStep>& steps);

  template <typename T>
  std::span<T> of_type(int placed) const {
    const TensorType& type = plan_->values[static_cast<size_t>(placed)].type;
    if (type.dtype != DTypeOf<T>::value)
      fail(ErrorKind::kUsage, "a value of {} is read as {}", name_of(type.dtype), name_of(DTypeOf<T>::value));
    return {reinterpret_cast<T*>(address(placed)), static_cast<size_t>(type.shape.elements())};
  }

  std::shared_ptr<const Plan> plan_;
  State& state_;
  Buffer arena_, prepared_;
  std::vector<Buffer> inputs_;
  std::vector<std::byte*> variables_;
  std::vector<std::unique_ptr<std::byte*[]>> addresses_;
  std::vector<Call> prepare_, steps_;
};

}  // namespace residual
