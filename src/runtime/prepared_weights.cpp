#include "runtime/prepared_weights.h"

#include <algorithm>
#include <set>

#include "core/threads/threads.h"
#include "runtime/step_runner.h"

namespace residual {

const Tensor& variable_of(const State& state, const Plan& plan, const std::string& name) {
  const TensorType& type = plan.graph.variables().at(name).type;
  const Tensor& tensor = state.at(name);
  if (tensor.dtype() != type.dtype || tensor.shape() != type.shape) {
    fail(ErrorKind::kUsage, "variable '{}' is {} {} in the model's state, the network expects {} {}", name,
         name_of(tensor.dtype()), to_string(tensor.shape()), name_of(type.dtype), to_string(type.shape));
  }
  return tensor;
}

std::vector<std::byte*> PreparedWeights::attach(const std::shared_ptr<const Plan>& plan, const Stop& stop) {
  const auto lock = lock_or_stop(mutex_, stop);
  const std::vector<std::string> missing = allocate_missing(*plan);
  try {
    prepare(*plan, {missing.begin(), missing.end()}, stop);
  } catch (...) {
    for (const std::string& key : missing) values_.erase(key);
    throw;
  }
  std::erase_if(plans_, [](const auto& known) { return known.expired(); });
  if (std::ranges::none_of(plans_, [&](const auto& known) { return known.lock() == plan; })) plans_.push_back(plan);
  std::vector<std::byte*> memory;
  for (const std::string& key : plan->prepared_keys) memory.push_back(values_.at(key).data());
  return memory;
}

void PreparedWeights::refresh(const Stop& stop) {
  const auto lock = lock_or_stop(mutex_, stop);
  for (const auto& known : plans_) {
    if (const auto plan = known.lock()) prepare(*plan, {plan->prepared_keys.begin(), plan->prepared_keys.end()}, stop);
  }
}

std::vector<std::string> PreparedWeights::allocate_missing(const Plan& plan) {
  std::vector<std::string> missing;
  for (size_t i = 0; i < plan.prepared.size(); ++i) {
    if (values_.contains(plan.prepared_keys[i])) continue;
    const StoredValue& value = plan.values[static_cast<size_t>(plan.prepared[i])];
    values_.emplace(plan.prepared_keys[i], plan.devices[static_cast<size_t>(value.storage.device)]->allocate(value.bytes()));
    missing.push_back(plan.prepared_keys[i]);
  }
  return missing;
}

// Runs the steps of the plan's prepare program that compute the values with these keys.
void PreparedWeights::prepare(const Plan& plan, const std::set<std::string>& keys, const Stop& stop) {
  std::set<int> wanted;
  const auto is_there = [&](int stored) {
    const Storage& storage = plan.values[static_cast<size_t>(stored)].storage;
    return storage.kind == Storage::Kind::kPrepared && !keys.contains(plan.prepared_keys[storage.offset]);
  };
  for (size_t i = 0; i < plan.prepared.size(); ++i) {
    if (keys.contains(plan.prepared_keys[i])) wanted.insert(plan.prepared[i]);
  }
  if (wanted.empty()) return;
  std::vector<PlanStep> steps;
  for (auto step = plan.prepare.rbegin(); step != plan.prepare.rend(); ++step) {
    if (std::ranges::none_of(step->outputs, [&](int output) { return wanted.contains(output); })) continue;
    for (const int input : step->inputs) {
      if (!is_there(input)) wanted.insert(input);
    }
    steps.push_back(*step);
  }
  std::ranges::reverse(steps);

  std::vector<DeviceMemory> arenas;
  for (size_t d = 0; d < plan.devices.size(); ++d) arenas.push_back(plan.devices[d]->allocate(plan.prepare_arena_bytes[d]));
  const std::vector<std::unique_ptr<Stream>> streams = make_streams(plan);
  const auto address = [&](int stored) -> std::byte* {
    const Storage& storage = plan.values[static_cast<size_t>(stored)].storage;
    if (storage.kind == Storage::Kind::kPrepared) return values_.at(plan.prepared_keys[storage.offset]).data();
    if (storage.kind == Storage::Kind::kArena) return arenas[static_cast<size_t>(storage.device)].data() + storage.offset;
    return const_cast<std::byte*>(variable_of(state_, plan, plan.variables[storage.offset]).data());  // only read
  };
  const StepRunner runner(plan, steps, streams, address, [&](int d) { return arenas[static_cast<size_t>(d)].data(); });
  const TeamScope team(plan.threads);
  StepRunner::check(runner.run({}, stop));
  for (const auto& stream : streams) StepRunner::check({nullptr, stream->synchronize()});
}

std::vector<std::string> PreparedWeights::unread() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> read;
  for (const auto& known : plans_) {
    const auto plan = known.lock();
    if (!plan) continue;
    const std::vector<bool> used = plan->variables_in_run();
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i]) read.insert(plan->variables[i]);
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_.tensors()) {
    if (!read.contains(name)) names.push_back(name);
  }
  return names;
}

size_t PreparedWeights::bytes() const {
  const std::lock_guard lock(mutex_);
  size_t sum = 0;
  for (const auto& [key, memory] : values_) sum += memory.size();
  return sum;
}

}  // namespace residual
