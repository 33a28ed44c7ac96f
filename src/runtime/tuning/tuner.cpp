#include "runtime/tuning/tuner.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/fnv1a.h"
#include "runtime/tuning/tuning_cache.h"

namespace residual {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

std::vector<std::string> labels_of(std::span<const Implementation> implementations) {
  std::vector<std::string> labels;
  for (const Implementation& implementation : implementations) labels.push_back(implementation.choice());
  return labels;
}

// A remembered winner is valid only among these implementations in these versions.
std::string among(const std::string& key, std::span<const std::string> labels) {
  Fnv1a hash;
  for (const std::string& label : labels) hash.add(label + '\n');
  return fmt::format("{} among {:016x}", key, hash.value());
}

}  // namespace

Tuner::Tuner(const Target& target, const KernelChoices& choices, int threads)
    : file_(target.tuning_cache),
      machine_(fmt::format("{} threads", threads)),
      enabled_(target.tune),
      observer_(target.observer),
      timer_(target.observer.stop),
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

// Implementations are timed in turns, so that a busy moment does not decide, and until no time falls any more; those far behind
// after a round are dropped. Among nearly equal times the order of preference decides, not noise.
Tuner::Timed Tuner::fastest(const Problem& problem) {
  constexpr int kLeastRounds = 3, kMostRounds = 10;
  constexpr double kEnough = 2;      // seconds, after which no further round is added
  constexpr double kHopeless = 1.5;  // factor over the best time
  constexpr double kStill = 0.98;    // a smaller factor over the round before: the time still falls
  constexpr double kNearTie = 1.03;  // factor over the best time
  if (observer_.on_timing) observer_.on_timing(done_, all_);
  const size_t count = problem.implementations.size();
  std::vector<double> seconds(count, kNever), extra(count);
  double best = kNever;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < kMostRounds; ++round) {
    bool settled = true;
    for (size_t i = 0; i < count; ++i) {
      const Implementation& implementation = problem.implementations[i];
      if (round > 0 && seconds[i] > kHopeless * best) continue;
      const std::shared_ptr<const Kernel> kernel = problem.build(implementation);
      if (!kernel) continue;
      if (round == 0) extra[i] = problem.extra_seconds(implementation);
      const double now = timer_.seconds(*kernel, implementation, problem.inputs, problem.outputs, problem.device) + extra[i];
      settled = settled && now > kStill * seconds[i];
      seconds[i] = std::min(seconds[i], now);
      best = std::min(best, seconds[i]);
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (round + 1 >= kLeastRounds && (settled || passed.count() > kEnough)) break;
  }
  const auto near_best = [&](double time) { return time <= kNearTie * best; };
  const size_t index = static_cast<size_t>(std::ranges::find_if(seconds, near_best) - seconds.begin());
  return {index < count ? index : 0, index < count ? seconds[index] : kNever};
}

Tuner::Choice Tuner::choose(const Problem& problem) {
  const std::vector<std::string> labels = labels_of(problem.implementations);
  Choice choice;
  {
    TuningCache& memory = TuningCache::of(file_);
    const auto lock = memory.lock(observer_.stop);
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
      return {index, timer_.seconds(*kernel, implementation, problem.inputs, problem.outputs, problem.device) +
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
  const auto lock = memory.lock(observer_.stop);
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

void Tuner::finish() {
  if (!fresh_) return;
  timer_ = KernelTimer(observer_.stop);
  malloc_trim(0);  // glibc would keep the memory used by timing
  if (observer_.on_timing) observer_.on_timing(all_, all_);
  TuningCache& memory = TuningCache::of(file_);
  const auto lock = memory.lock({});
  memory.write();
}

}  // namespace residual
