#include "runtime/session.h"

#include "core/threads.h"

namespace residual {

Session::Session(std::shared_ptr<const Plan> plan, State& state)
    : plan_(std::move(plan)), state_(state), arena_(plan_->arena_bytes), prepared_(plan_->prepared_bytes) {
  for (const auto& [name, placed] : plan_->inputs) inputs_.emplace_back(plan_->values[static_cast<size_t>(placed)].type.bytes());
  for (const std::string& name : plan_->variables) {
    const TensorType& type = plan_->graph.variables().at(name).type;
    Tensor& tensor = state_.at(name);
    if (tensor.dtype() != type.dtype || tensor.shape() != type.shape) {
      fail(ErrorKind::kUsage, "variable '{}' is {} {} in the model's state, the network expects {} {}", name,
           name_of(tensor.dtype()), to_string(tensor.shape()), name_of(type.dtype), to_string(type.shape));
    }
    variables_.push_back(tensor.data());
  }
  prepare_ = calls(plan_->prepare);
  steps_ = calls(plan_->steps);
  prepare();
}

std::byte* Session::address(int placed) const {
  const Place& place = plan_->values[static_cast<size_t>(placed)].place;
  switch (place.home) {
    case Place::Home::kArena: return arena_.data() + place.offset;
    case Place::Home::kPrepared: return prepared_.data() + place.offset;
    case Place::Home::kInput: return inputs_[place.offset].data();
    case Place::Home::kVariable: return variables_[place.offset];
  }
  return nullptr;
}

std::vector<Session::Call> Session::calls(const std::vector<PlanStep>& steps) {
  std::vector<Call> result;
  for (const PlanStep& step : steps) {
    auto& in = addresses_.emplace_back(std::make_unique<std::byte*[]>(step.inputs.size()));
    for (size_t i = 0; i < step.inputs.size(); ++i) in[i] = address(step.inputs[i]);
    auto& out = addresses_.emplace_back(std::make_unique<std::byte*[]>(step.outputs.size()));
    for (size_t i = 0; i < step.outputs.size(); ++i) out[i] = address(step.outputs[i]);
    const auto ends = addresses_.end();
    result.push_back({step.run.get(), {(ends - 2)->get(), (ends - 1)->get(), arena_.data() + step.scratch_offset}});
  }
  return result;
}

void Session::run() noexcept {
  const TeamScope team(plan_->threads);
  for (const Call& call : steps_) call.kernel->run(call.args);
}

void Session::run(std::span<double> seconds) noexcept {
  const TeamScope team(plan_->threads);
  for (size_t i = 0; i < steps_.size(); ++i) {
    const auto start = std::chrono::steady_clock::now();
    steps_[i].kernel->run(steps_[i].args);
    seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
}

void Session::prepare() noexcept {
  const TeamScope team(plan_->threads);
  for (const Call& call : prepare_) call.kernel->run(call.args);
}

int Session::input_value(std::string_view name) const {
  for (const auto& [known, placed] : plan_->inputs) {
    if (known == name) return placed;
  }
  fail(ErrorKind::kUsage, "the network has no input '{}'", name);
}

int Session::output_value(std::string_view name) const {
  for (const auto& [known, placed] : plan_->outputs) {
    if (known == name) return placed;
  }
  fail(ErrorKind::kUsage, "the network has no output '{}'", name);
}

}  // namespace residual
