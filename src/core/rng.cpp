#include "core/rng.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace residual {
namespace {

// SplitMix64's finaliser: spreads (a, b, purpose) over the 96 counter bits that next() does not step.
uint64_t mix(uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

}  // namespace

Rng::Rng(uint64_t seed, Purpose purpose, uint64_t a, uint64_t b) noexcept {
  const uint64_t key = mix(seed + 0x9E3779B97F4A7C15 * static_cast<uint64_t>(purpose));
  const uint64_t place = mix(a * 0x9E3779B97F4A7C15 + mix(b + 0x632BE59BD9B4E019));
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  counter_ = {0, static_cast<uint32_t>(a ^ (b << 16)), static_cast<uint32_t>(place), static_cast<uint32_t>(place >> 32)};
}

uint32_t Rng::next() noexcept {
  if (left_ == 0) {
    words_ = philox(counter_, key_);
    ++counter_[0];
    left_ = 4;
  }
  return words_[static_cast<size_t>(--left_)];
}

uint64_t Rng::below(uint64_t bound) noexcept {
  // Lemire's multiply-shift over 64 bits; the rejected sliver keeps every value equally likely.
  const uint64_t threshold = -bound % bound;
  for (;;) {
    const uint64_t x = (uint64_t{next()} << 32) | next();
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(x) * bound;
    if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
  }
}

double Rng::uniform() noexcept {
  const uint64_t high = next() >> 5, low = next() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double Rng::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<int64_t> permutation(int64_t count, Rng rng) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

}  // namespace residual
