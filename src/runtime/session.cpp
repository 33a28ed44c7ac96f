#include "runtime/session.h"

#include <algorithm>

#include "core/threads.h"

namespace residual {
namespace {

int find_placed(const std::vector<std::pair<std::string, int>>& values, std::string_view kind, std::string_view name) {
  for (const auto& [known, placed] : values) {
    if (known == name) return placed;
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
  prepared_ = weights_->attach(plan_);
  for (size_t d = 0; d < plan_->devices.size(); ++d) arenas_.push_back(plan_->devices[d]->allocate(plan_->arena_bytes[d]));
  for (int slot = 0; slot < options.input_slots; ++slot) {
    std::vector<Buffer>& buffers = inputs_.emplace_back();
    for (const auto& [name, placed] : plan_->inputs)
      buffers.emplace_back(plan_->values[static_cast<size_t>(placed)].type.bytes());
  }
  for (int slot = 0; slot < options.input_slots; ++slot) {
    runners_.emplace_back(
        *plan_, plan_->steps, streams_, [&](int placed) { return address(placed, slot); },
        [&](int device) { return arenas_[static_cast<size_t>(device)].data(); });
  }
  captured_.resize(inputs_.size());
  has_run_.resize(inputs_.size());
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
  for (const PlacedValue& value : plan_->values) {
    if (value.place.home != Place::Home::kVariable || value.place.device == 0 || done[value.place.offset]) continue;
    done[value.place.offset] = true;
    const auto device = static_cast<size_t>(value.place.device);
    device_variables_.push_back({variables_[value.place.offset], plan_->devices[device]->allocate(value.type.bytes()), device});
    variables_[value.place.offset] = device_variables_.back().memory.data();
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

void Session::prepare() {
  weights_->refresh();
  upload_state();
}

std::byte* Session::address(int placed, int slot) const {
  const Place& place = plan_->values[static_cast<size_t>(placed)].place;
  switch (place.home) {
    case Place::Home::kArena: return arenas_[static_cast<size_t>(place.device)].data() + place.offset;
    case Place::Home::kPrepared: return prepared_[place.offset];
    case Place::Home::kInput: return inputs_.at(static_cast<size_t>(slot))[place.offset].data();
    case Place::Home::kVariable: return variables_[place.offset];
  }
  return nullptr;
}

// A run can be captured as a whole where it uses one device only.
bool Session::can_capture() const {
  const auto by_host = [](const PlanStep& step) { return step.device == 0; };
  return plan_->devices.size() == 2 && streams_[1]->can_capture() && std::ranges::none_of(plan_->steps, by_host);
}

// The first run of a slot reports failures step by step; the second is captured, and later runs launch the captured one.
StepRunner::Failure Session::run_steps(size_t slot, std::span<double> seconds) {
  if (captured_[slot] == nullptr && has_run_[slot] && seconds.empty() && can_capture()) {
    streams_[1]->begin_capture();
    const StepRunner::Failure failure = runners_[slot].run();
    captured_[slot] = streams_[1]->end_capture();
    if (!failure.status.ok()) return failure;
  }
  has_run_[slot] = true;
  if (captured_[slot] == nullptr || !seconds.empty()) return runners_[slot].run(seconds);
  return {nullptr, streams_[1]->launch(*captured_[slot])};
}

void Session::run(int slot) {
  run({}, slot);
}

void Session::run(std::span<double> seconds, int slot) {
  refuse_after_fork();
  const TeamScope team(plan_->threads);
  StepRunner::check(run_steps(static_cast<size_t>(slot), seconds));
  for (size_t d = 1; d < streams_.size(); ++d) StepRunner::check({nullptr, streams_[d]->synchronize()});
}

int Session::placed_input(std::string_view name) const {
  return find_placed(plan_->inputs, "input", name);
}

int Session::placed_output(std::string_view name) const {
  return find_placed(plan_->outputs, "output", name);
}

}  // namespace residual
