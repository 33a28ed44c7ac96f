#include "runtime/session.h"

#include <algorithm>

#include "core/threads/threads.h"

namespace residual {
namespace {

int find_stored(const std::vector<std::pair<std::string, int>>& values, std::string_view kind, std::string_view name) {
  for (const auto& [known, stored] : values) {
    if (known == name) return stored;
  }
  fail(ErrorKind::kUsage, "the network has no {} '{}'", kind, name);
}

}  // namespace

Session::Session(std::shared_ptr<const Plan> plan, State& state, const SessionOptions& options)
    : Session(plan, std::make_shared<PreparedWeights>(state), &state, options) {}

Session::Session(std::shared_ptr<const Plan> plan, std::shared_ptr<PreparedWeights> weights, const SessionOptions& options)
    : Session(std::move(plan), std::move(weights), nullptr, options) {}

Session::Session(std::shared_ptr<const Plan> plan, std::shared_ptr<PreparedWeights> weights, State* state,
                 const SessionOptions& options)
    : plan_(std::move(plan)), weights_(std::move(weights)), streams_(make_streams(*plan_)) {
  refuse_after_fork();
  if (options.input_slots < 1)
    fail(ErrorKind::kUsage, "a session has {} input slots, at least 1 is expected", options.input_slots);
  add_variables(state);
  prepared_ = weights_->attach(plan_, options.stop);
  // What is transferred between the host and a device, inputs and outputs, lies in memory that suits that device.
  const Device& last = *plan_->devices.back();
  arenas_.push_back(last.allocate_staging(plan_->arena_bytes[0]));
  for (size_t d = 1; d < plan_->devices.size(); ++d) arenas_.push_back(plan_->devices[d]->allocate(plan_->arena_bytes[d]));
  for (int slot = 0; slot < options.input_slots; ++slot) {
    std::vector<DeviceMemory>& memory = inputs_.emplace_back();
    for (const auto& [name, stored] : plan_->inputs)
      memory.push_back(last.allocate_staging(plan_->values[static_cast<size_t>(stored)].type.bytes()));
  }
  for (int slot = 0; slot < options.input_slots; ++slot) {
    runners_.emplace_back(
        *plan_, plan_->steps, streams_, [&](int stored) { return address(stored, slot); },
        [&](int device) { return arenas_[static_cast<size_t>(device)].data(); });
  }
  captured_.resize(inputs_.size());
  runs_.resize(inputs_.size());
  upload_state();
}

Session::~Session() = default;

// Variables that the plan assigns are written in the State, or in their device's memory. The session holds no memory
// for those that only the prepare program reads.
void Session::add_variables(State* state) {
  const std::vector<bool> used = plan_->variables_in_run();
  for (size_t i = 0; i < used.size(); ++i) {
    const std::string& name = plan_->variables[i];
    if (state == nullptr && plan_->assigns(name))
      fail(ErrorKind::kUsage, "the plan assigns variable '{}'; a session that shares weights only reads them", name);
    variables_.push_back(used[i] ? const_cast<std::byte*>(variable_of(weights_->state(), *plan_, name).data()) : nullptr);
  }
  std::vector<bool> done(variables_.size());
  for (const StoredValue& value : plan_->values) {
    if (value.storage.kind != Storage::Kind::kVariable || value.storage.device == 0 || done[value.storage.offset]) continue;
    done[value.storage.offset] = true;
    const auto device = static_cast<size_t>(value.storage.device);
    device_variables_.push_back({variables_[value.storage.offset], plan_->devices[device]->allocate(value.type.bytes()), device});
    variables_[value.storage.offset] = device_variables_.back().memory.data();
  }
}

void Session::upload_state() {
  for (const DeviceVariable& variable : device_variables_) {
    Stream& stream = *streams_[variable.device];
    StepRunner::check(
        {nullptr, stream.copy(variable.memory.data(), variable.host, variable.memory.size(), CopyDirection::kToDevice)});
    StepRunner::check({nullptr, stream.synchronize()});
  }
}

void Session::download_state() {
  for (const DeviceVariable& variable : device_variables_) {
    Stream& stream = *streams_[variable.device];
    StepRunner::check(
        {nullptr, stream.copy(variable.host, variable.memory.data(), variable.memory.size(), CopyDirection::kToHost)});
    StepRunner::check({nullptr, stream.synchronize()});
  }
}

void Session::prepare(const Stop& stop) {
  weights_->refresh(stop);
  upload_state();
}

std::byte* Session::address(int stored, int slot) const {
  const Storage& storage = plan_->values[static_cast<size_t>(stored)].storage;
  switch (storage.kind) {
    case Storage::Kind::kArena: return arenas_[static_cast<size_t>(storage.device)].data() + storage.offset;
    case Storage::Kind::kPrepared: return prepared_[storage.offset];
    case Storage::Kind::kInput: return inputs_.at(static_cast<size_t>(slot))[storage.offset].data();
    case Storage::Kind::kVariable: return variables_[storage.offset];
  }
  return nullptr;
}

// A run can be captured as a whole where it uses one device only.
bool Session::can_capture() const {
  const auto by_host = [](const PlanStep& step) { return step.device == 0; };
  return plan_->devices.size() == 2 && streams_[1]->can_capture() && std::ranges::none_of(plan_->steps, by_host);
}

// Null where the device cannot record the steps, which are then run one by one.
std::unique_ptr<CapturedRun> Session::capture(size_t slot) {
  if (!streams_[1]->begin_capture()) return nullptr;
  const StepRunner::Failure failure = runners_[slot].run();
  std::unique_ptr<CapturedRun> captured = streams_[1]->end_capture();
  return failure.status.ok() ? std::move(captured) : nullptr;
}

// The first run of a slot reports failures step by step; the second is captured, and later runs launch the captured one.
StepRunner::Failure Session::run_steps(size_t slot, std::span<double> seconds, const Stop& stop) {
  if (seconds.empty() && runs_[slot]++ == 1 && can_capture()) captured_[slot] = capture(slot);
  if (captured_[slot] == nullptr || !seconds.empty()) return runners_[slot].run(seconds, stop);
  return {nullptr, streams_[1]->launch(*captured_[slot])};
}

void Session::run(int slot, const Stop& stop) {
  run({}, slot, stop);
}

void Session::run(std::span<double> seconds, int slot, const Stop& stop) {
  refuse_after_fork();
  const TeamScope team(plan_->threads);
  StepRunner::check(run_steps(static_cast<size_t>(slot), seconds, stop));
  for (size_t d = 1; d < streams_.size(); ++d) StepRunner::check({nullptr, streams_[d]->synchronize()});
}

int Session::stored_input(std::string_view name) const {
  return find_stored(plan_->inputs, "input", name);
}

int Session::stored_output(std::string_view name) const {
  return find_stored(plan_->outputs, "output", name);
}

}  // namespace residual
