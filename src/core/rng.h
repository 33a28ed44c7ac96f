// Randomness as a function, not a state: every number is determined by (seed, stream, index), whoever asks and in whatever order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace residual {

/// Philox4x32-10 (Salmon et al. 2011): four 32-bit words from a 128-bit counter and a 64-bit key.
constexpr std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// What a stream of random numbers is for; part of its identity, so that two purposes never share numbers.
enum class Purpose : uint32_t { kInitialise = 1, kShuffle, kAugment, kDropout, kSplit, kDraw, kTest };

/// A short sequence of numbers identified by (seed, purpose, a, b): for example (seed, kAugment, epoch, sample).
/// Copying it repeats the sequence.
class Rng {
 public:
  Rng(uint64_t seed, Purpose purpose, uint64_t a = 0, uint64_t b = 0) noexcept;

  uint32_t next() noexcept;                 ///< uniform over 32 bits
  uint64_t below(uint64_t bound) noexcept;  ///< uniform over 0 … bound-1 (no bias); bound > 0
  double uniform() noexcept;                ///< [0, 1), 53 bits
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  double normal() noexcept;  ///< mean 0, standard deviation 1 (Box-Muller)
  bool chance(double probability) noexcept { return uniform() < probability; }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> words_{};
  int left_ = 0;
};

/// 0 … count-1 in an order determined by rng (Fisher-Yates).
std::vector<int64_t> permutation(int64_t count, Rng rng);

}  // namespace residual
