#include "cli/reports/machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

#include "core/threads/threads.h"

namespace residual::cli {
namespace {

using Vector4 = float __attribute__((vector_size(16)));
using Vector8 = float __attribute__((vector_size(32)));
using Vector16 = float __attribute__((vector_size(64)));

// kChains independent sums in registers, so that the latency of one multiply-add (4 or 5 cycles, two a cycle) hides behind the
// others. The empty asm keeps the compiler from computing the result beforehand.
template <typename Vector, int kChains>
[[gnu::always_inline]] inline float chains(int64_t rounds) {
  Vector sums[kChains];
  for (int c = 0; c < kChains; ++c) sums[c] = Vector{} + static_cast<float>(c);
  Vector factor = Vector{} + 0.999F, term = Vector{} + 0.001F;
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int c = 0; c < kChains; ++c) sums[c] = sums[c] * factor + term;
#ifdef __clang__  // rejects vectors wider than the base target's, even where this is inlined into a wider one
    asm volatile("" : "+m"(factor), "+m"(term));
#else
    asm volatile("" : "+v"(factor), "+v"(term));
#endif
  }
  float total = 0;
  for (int c = 0; c < kChains; ++c) total += sums[c][0];
  return total;
}

struct Loop {
  float (*run)(int64_t rounds);
  double flops;  // per round
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) float loop_avx512(int64_t rounds) {
  return chains<Vector16, 24>(rounds);
}
__attribute__((target("avx2,fma"))) float loop_fma(int64_t rounds) {
  return chains<Vector8, 12>(rounds);
}
#endif
float loop_plain(int64_t rounds) {
  return chains<Vector4, 10>(rounds);
}

Loop widest_loop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {loop_avx512, 2.0 * 16 * 24};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {loop_fma, 2.0 * 8 * 12};
#endif
  return {loop_plain, 2.0 * 4 * 10};
}

}  // namespace

double peak_gflops(int threads) {
  const Loop loop = widest_loop();
  const TeamScope team(threads);
  std::atomic<float> sink = 0;
  double best = 0;
  int64_t rounds = 10'000;
  double spent = 0;
  for (int run = 0; run < 10 || spent < 0.5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(threads, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sink.store(loop.run(rounds), std::memory_order_relaxed);
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, loop.flops * static_cast<double>(rounds) * threads / seconds / 1e9);
    if (seconds < 0.02) rounds *= 2;
    spent += seconds;
  }
  return best;
}

size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      size_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes << 10;
    }
  }
  return 0;
}

}  // namespace residual::cli
