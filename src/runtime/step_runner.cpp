#include "runtime/step_runner.h"

#include <algorithm>
#include <chrono>

namespace residual {
namespace {

CopyDirection direction_of(const Plan& plan, const PlanStep& step) {
  const auto on_host = [&](int stored) {
    return plan.devices[static_cast<size_t>(plan.values[static_cast<size_t>(stored)].storage.device)]->is_host();
  };
  const bool from_host = on_host(step.inputs[0]), to_host = on_host(step.outputs[0]);
  return from_host == to_host ? CopyDirection::kWithinDevice : from_host ? CopyDirection::kToDevice : CopyDirection::kToHost;
}

}  // namespace

std::vector<std::unique_ptr<Stream>> make_streams(const Plan& plan) {
  std::vector<std::unique_ptr<Stream>> streams;
  for (const auto& device : plan.devices) streams.push_back(device->make_stream());
  return streams;
}

StepRunner::StepRunner(const Plan& plan, const std::vector<PlanStep>& steps, std::span<const std::unique_ptr<Stream>> streams,
                       const std::function<std::byte*(int stored)>& address,
                       const std::function<std::byte*(int device)>& scratch) {
  for (const PlanStep& step : steps) {
    Call call{&step,
              streams[static_cast<size_t>(step.device)].get(),
              step.run ? step.run->make_state() : nullptr,
              {},
              {},
              scratch(step.device) + step.scratch_offset,
              CopyDirection::kWithinDevice,
              0,
              false};
    for (const int input : step.inputs) call.inputs.push_back(address(input));
    for (const int output : step.outputs) call.outputs.push_back(address(output));
    if (!step.run) {
      call.direction = direction_of(plan, step);
      call.bytes = plan.values[static_cast<size_t>(step.outputs[0])].bytes();
      call.waits = call.direction != CopyDirection::kWithinDevice &&
                   std::any_of(steps.begin(), steps.end(), [](const PlanStep& other) { return other.device == 0; });
    }
    calls_.push_back(std::move(call));
  }
}

KernelStatus StepRunner::run(const Call& call) noexcept {
  if (call.step->run)
    return call.stream->run(*call.step->run, {call.inputs.data(), call.outputs.data(), call.scratch, call.state.get()});
  const KernelStatus status = call.stream->copy(call.outputs[0], call.inputs[0], call.bytes, call.direction);
  return status.ok() && call.waits ? call.stream->synchronize() : status;
}

StepRunner::Failure StepRunner::run(std::span<double> seconds, const Stop& stop) const {
  for (size_t i = 0; i < calls_.size(); ++i) {
    residual::check(stop);
    const auto start = std::chrono::steady_clock::now();
    KernelStatus status = run(calls_[i]);
    if (status.ok() && !seconds.empty()) status = calls_[i].stream->synchronize();
    if (!status.ok()) return {calls_[i].step, status};
    if (!seconds.empty()) seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return {};
}

void StepRunner::check(const Failure& failure) {
  if (failure.status.ok()) return;
  const KernelStatus& status = failure.status;
  const std::string what = failure.step == nullptr
                               ? std::string("a run")
                               : fmt::format("{} '{}' ({})", failure.step->what, failure.step->name, failure.step->kernel);
  const std::string code =
      *status.meaning == '\0' ? fmt::format("status {}", status.code) : fmt::format("status {}, {}", status.code, status.meaning);
  switch (status.kind) {
    case KernelStatus::Kind::kOk: return;
    case KernelStatus::Kind::kFailed:
      fail(ErrorKind::kOther, "{} failed in {}, {}: the results of this run are not valid", what, status.library, code);
    case KernelStatus::Kind::kOutOfMemory:
      fail(ErrorKind::kResource, "{} failed in {} for lack of memory, {}: the results of this run are not valid", what,
           status.library, code);
    case KernelStatus::Kind::kDeviceFailed:
      fail(ErrorKind::kResource,
           "{} failed in {}, {}: this process can no longer use the device; start again, training from its last checkpoint", what,
           status.library, code);
  }
}

}  // namespace residual
