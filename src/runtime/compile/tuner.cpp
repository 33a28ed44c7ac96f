#include "runtime/compile/tuner.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/tensor.h"
#include "core/tuning.h"
#include "runtime/compile/tuning_cache.h"

namespace residual {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

// Values typical of a network: small, of both signs, never denormal. Integers stay zero, a valid label or index everywhere.
void fill(std::byte* data, size_t bytes, DType type) {
  if (type != DType::kF32) return;
  auto* values = reinterpret_cast<float*>(data);
  for (size_t i = 0; i < bytes / sizeof(float); ++i) values[i] = (static_cast<float>(i * 2654435761u % 1024) - 511.5f) / 512.f;
}

DeviceMemory filled(const Device& device, Stream& stream, size_t bytes, DType type) {
  DeviceMemory memory = device.allocate(bytes);
  if (device.is_host()) {
    fill(memory.data(), bytes, type);
  } else {
    const Buffer values(bytes);
    fill(values.data(), bytes, type);
    stream.copy(memory.data(), values.data(), bytes, CopyDirection::kToDevice);
    stream.synchronize();
  }
  return memory;
}

std::vector<std::string> labels_of(std::span<const Implementation> implementations) {
  std::vector<std::string> labels;
  for (const Implementation& implementation : implementations) labels.push_back(implementation.choice());
  return labels;
}

// A remembered winner is valid only among these implementations in these versions.
std::string among(const std::string& key, std::span<const std::string> labels) {
  uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const std::string& label : labels) {
    for (const char c : label + '\n') hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return fmt::format("{} among {:016x}", key, hash);
}

}  // namespace

Tuner::Tuner(const Target& target, const Choices& choices, int threads)
    : file_(target.tuning_cache),
      machine_(fmt::format("{} threads", threads)),
      enabled_(target.tune && tuning_allowed()),
      forced_(choices) {
  for (const auto& backend : target.backends) machine_ += " | " + backend->identity();
}

// The choice of an earlier plan, else the remembered one; the number of labels where there is neither.
size_t Tuner::preferred(const std::string& key, std::span<const std::string> labels) const {
  const auto index = [&](const std::string& label) {
    return static_cast<size_t>(std::ranges::find(labels, label) - labels.begin());
  };
  if (const auto found = forced_.find(key); found != forced_.end() && index(found->second) < labels.size())
    return index(found->second);
  if (!enabled_) return labels.size();
  const auto remembered = TuningCache::of(file_).find(machine_, among(key, labels));
  return remembered ? index(*remembered) : labels.size();
}

// Implementations are timed in turns, so that a busy moment does not decide; those far behind after a round are dropped.
Tuner::Timed Tuner::fastest(const Problem& problem) {
  constexpr int kRounds = 3;
  constexpr double kHopeless = 1.5;  // factor over the best time
  const size_t count = problem.implementations.size();
  std::vector<double> seconds(count, kNever), extra(count);
  double best = kNever;
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < count; ++i) {
      const Implementation& implementation = problem.implementations[i];
      if (round > 0 && seconds[i] > kHopeless * best) continue;
      const std::shared_ptr<const Kernel> kernel = problem.build(implementation);
      if (!kernel) continue;
      if (round == 0) extra[i] = problem.extra_seconds(implementation);
      seconds[i] =
          std::min(seconds[i], seconds_of(*kernel, implementation, problem.inputs, problem.outputs, problem.device) + extra[i]);
      best = std::min(best, seconds[i]);
    }
  }
  const size_t index = static_cast<size_t>(std::ranges::min_element(seconds) - seconds.begin());
  return {index, seconds[index]};
}

Tuner::Choice Tuner::choose(const Problem& problem) {
  const std::vector<std::string> labels = labels_of(problem.implementations);
  Choice choice;
  {
    TuningCache& memory = TuningCache::of(file_);
    const auto lock = memory.lock();
    choice.index = preferred(problem.key, labels);
    if (choice.index == labels.size()) {
      choice.index = 0;
      if (enabled_ && labels.size() > 1) {
        choice.index = fastest(problem).index;
        memory.remember(machine_, among(problem.key, labels), labels[choice.index]);
        fresh_ = true;
      }
    }
  }
  // An implementation that cannot be built is skipped for the next.
  for (size_t tried = 0; tried < labels.size(); ++tried, choice.index = (choice.index + 1) % labels.size()) {
    choice.kernel = problem.build(problem.implementations[choice.index]);
    if (!choice.kernel) continue;
    if (labels.size() > 1) choices_[problem.key] = labels[choice.index];
    return choice;
  }
  fail(ErrorKind::kOther, "no kernel can be built for {}", problem.key);
}

Tuner::Timed Tuner::least_seconds(const Problem& problem) {
  const std::vector<std::string> labels = labels_of(problem.implementations);
  const size_t index = preferred(problem.key, labels);
  if (index < labels.size()) {
    const Implementation& implementation = problem.implementations[index];
    if (const auto kernel = problem.build(implementation)) {
      return {index, seconds_of(*kernel, implementation, problem.inputs, problem.outputs, problem.device) +
                         problem.extra_seconds(implementation)};
    }
  }
  const Timed timed = fastest(problem);
  if (labels.size() > 1 && timed.seconds < kNever) {
    TuningCache::of(file_).remember(machine_, among(problem.key, labels), labels[timed.index]);
    fresh_ = true;
  }
  return timed;
}

size_t Tuner::choose_cover(const std::string& key, std::span<const std::string> labels,
                           const std::function<double(size_t)>& seconds_of) {
  TuningCache& memory = TuningCache::of(file_);
  const auto lock = memory.lock();
  size_t best = preferred(key, labels);
  if (best == labels.size()) {
    best = 0;
    if (enabled_) {
      double least = kNever;
      for (size_t i = 0; i < labels.size(); ++i) {
        const double seconds = seconds_of(i);
        if (seconds < least) best = i, least = seconds;
      }
      memory.remember(machine_, among(key, labels), labels[best]);
      fresh_ = true;
    }
  }
  choices_[key] = labels[best];
  return best;
}

void Tuner::finish() const {
  if (!fresh_) return;
  malloc_trim(0);  // glibc would keep the memory used by timing
  TuningCache& memory = TuningCache::of(file_);
  const auto lock = memory.lock();
  memory.write();
}

double seconds_of(const Kernel& kernel, const Implementation& implementation, std::span<const TensorType> inputs,
                  std::span<const TensorType> outputs, const Device& device) {
  const std::unique_ptr<Stream> stream = device.make_stream();
  std::vector<DeviceMemory> memory;
  std::vector<const std::byte*> in;
  std::vector<std::byte*> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    memory.push_back(filled(device, *stream, bytes_in(inputs[i], implementation.inputs[i]), inputs[i].dtype));
    in.push_back(memory.back().data());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    memory.push_back(device.allocate(bytes_in(outputs[i], implementation.outputs[i])));
    out.push_back(memory.back().data());
  }
  for (const Implementation::Alias& alias : implementation.in_place) {
    if (alias.required) out[static_cast<size_t>(alias.output)] = const_cast<std::byte*>(in[static_cast<size_t>(alias.input)]);
  }
  const DeviceMemory scratch = device.allocate(implementation.scratch_bytes);
  const std::unique_ptr<KernelState> state = kernel.make_state();
  const KernelArgs args{in.data(), out.data(), scratch.data(), state.get()};
  const auto run = [&] {
    const KernelStatus status = stream->run(kernel, args);
    return status.ok() ? stream->synchronize() : status;
  };
  if (!run().ok()) return kNever;
  double least = 1e9, total = 0;
  for (int runs = 0; runs < 3 || (total < 0.03 && runs < 20); ++runs) {
    const auto start = std::chrono::steady_clock::now();
    if (!run().ok()) return kNever;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    least = std::min(least, seconds);
    total += seconds;
    if (total > 0.5) break;
  }
  return least;
}

}  // namespace residual
