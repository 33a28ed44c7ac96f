#include "runtime/tuner.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/cache_folder.h"
#include "core/file.h"
#include "core/log.h"
#include "core/tensor.h"
#include "core/tuning.h"

namespace residual {
namespace {

// Numbers like a network's: small, of both signs, never denormal. Integers stay zero, which is always a valid label or place.
void fill(Buffer& buffer, DType type) {
  if (type != DType::kF32) return;
  auto* values = reinterpret_cast<float*>(buffer.data());
  for (size_t i = 0; i < buffer.size() / sizeof(float); ++i)
    values[i] = (static_cast<float>(i * 2654435761u % 1024) - 511.5f) / 512.f;
}

nlohmann::json cache_of(const std::filesystem::path& file) {
  if (file.empty() || !std::filesystem::exists(file)) return nlohmann::json::object();
  try {
    const std::vector<std::byte> bytes = read_file(file, size_t{64} << 20);
    nlohmann::json cache = nlohmann::json::parse(reinterpret_cast<const char*>(bytes.data()),
                                                 reinterpret_cast<const char*>(bytes.data()) + bytes.size());
    if (cache.is_object()) return cache;
    warn("the kernel cache '{}' is not a JSON object; kernels are timed anew", file.string());
  } catch (const std::exception& error) {
    warn("the kernel cache '{}' cannot be read ({}); kernels are timed anew", file.string(), error.what());
  }
  return nlohmann::json::object();
}

// The implementations take turns, so that a busy moment of the machine does not decide; those far behind after a round drop out.
size_t fastest(std::vector<Implementation>& implementations, std::span<const TensorType> inputs,
               std::span<const TensorType> outputs, const std::vector<double>& extra_seconds) {
  constexpr int kRounds = 3;
  constexpr double kHopeless = 1.5;  // times the best
  std::vector<double> seconds(implementations.size(), std::numeric_limits<double>::infinity());
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < implementations.size(); ++i) {
      if (round > 0 && seconds[i] > kHopeless * best) continue;
      const double extra = i < extra_seconds.size() ? extra_seconds[i] : 0;
      seconds[i] = std::min(seconds[i], seconds_of(implementations[i], inputs, outputs) + extra);
      best = std::min(best, seconds[i]);
    }
  }
  return static_cast<size_t>(std::ranges::min_element(seconds) - seconds.begin());
}

}  // namespace

std::filesystem::path PlanOptions::default_tuning_cache() {
  const std::filesystem::path folder = cache_folder();
  return folder.empty() ? folder : folder / "kernels.json";
}

Tuner::Tuner(const BackendList& backends, const PlanOptions& options, int threads)
    : file_(options.tuning_cache),
      machine_(fmt::format("{} threads", threads)),
      enabled_(options.tune && tuning_allowed()),
      forced_(options.choices) {
  for (const auto& backend : backends) machine_ += " | " + backend->identity();
  if (!enabled_) return;
  const nlohmann::json cache = cache_of(file_);
  const auto mine = cache.find(machine_);
  if (mine == cache.end() || !mine->is_object()) return;
  for (const auto& [key, label] : mine->items()) {
    if (label.is_string()) remembered_[key] = label.get<std::string>();
  }
}

bool Tuner::unknown(const std::string& key) const {
  return enabled_ && !forced_.contains(key) && !remembered_.contains(key);
}

size_t Tuner::choose(const std::string& key, std::vector<Implementation>& implementations, std::span<const TensorType> inputs,
                     std::span<const TensorType> outputs, const std::vector<double>& extra_seconds) {
  const auto labelled = [&](const std::map<std::string, std::string>& known) {
    const auto found = known.find(key);
    if (found == known.end()) return implementations.size();
    return static_cast<size_t>(std::ranges::find(implementations, found->second, &Implementation::label) -
                               implementations.begin());
  };
  size_t best = labelled(forced_);
  if (best == implementations.size() && enabled_) best = labelled(remembered_);
  if (best == implementations.size()) {
    best = 0;
    if (enabled_ && implementations.size() > 1) {
      best = fastest(implementations, inputs, outputs, extra_seconds);
      remembered_[key] = implementations[best].label;
      fresh_ = true;
    }
  }
  if (implementations.size() > 1) choices_[key] = implementations[best].label;
  return best;
}

void Tuner::finish() const {
  if (!fresh_) return;
  malloc_trim(0);  // glibc would keep the memory that timing took
  if (file_.empty()) return;
  try {
    std::filesystem::create_directories(file_.parent_path());
    nlohmann::json cache = cache_of(file_);
    cache[machine_] = remembered_;
    replace_file(file_, cache.dump(1));
  } catch (const std::exception& error) {
    warn("the kernel cache cannot be kept: {}", error.what());
  }
}

double seconds_of(Implementation& implementation, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  std::vector<Buffer> memory;
  std::vector<const std::byte*> in;
  std::vector<std::byte*> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    memory.emplace_back(bytes_in(inputs[i], implementation.inputs[i]));
    fill(memory.back(), inputs[i].dtype);
    in.push_back(memory.back().data());
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    memory.emplace_back(bytes_in(outputs[i], implementation.outputs[i]));
    out.push_back(memory.back().data());
  }
  for (const Implementation::Alias& alias : implementation.in_place) {
    if (alias.required) out[static_cast<size_t>(alias.output)] = const_cast<std::byte*>(in[static_cast<size_t>(alias.input)]);
  }
  const Buffer scratch(implementation.scratch_bytes);
  const KernelArgs args{in.data(), out.data(), scratch.data()};
  implementation.kernel->run(args);
  double least = 1e9, total = 0;
  for (int runs = 0; runs < 3 || (total < 0.03 && runs < 20); ++runs) {
    const auto start = std::chrono::steady_clock::now();
    implementation.kernel->run(args);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    least = std::min(least, seconds);
    total += seconds;
    if (total > 0.5) break;
  }
  return least;
}

}  // namespace residual
