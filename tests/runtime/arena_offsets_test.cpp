#include "runtime/memory/arena_offsets.h"

#include <gtest/gtest.h>

#include "core/rng.h"

namespace residual {
namespace {

bool overlap(const BufferLife& a, const BufferLife& b) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  const bool in_space = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return in_time && in_space;
}

TEST(PlaceBuffers, BuffersAliveAtTheSameTimeNeverOverlap) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed, Purpose::kTest);
    std::vector<BufferLife> buffers(1 + rng.below(60));
    for (BufferLife& buffer : buffers) {
      buffer.bytes = rng.below(5000);
      buffer.first = static_cast<int>(rng.below(40));
      buffer.last = buffer.first + static_cast<int>(rng.below(10));
    }
    const size_t arena = assign_offsets(buffers);
    for (size_t i = 0; i < buffers.size(); ++i) {
      EXPECT_LE(buffers[i].offset + buffers[i].bytes, arena);
      EXPECT_EQ(buffers[i].offset % 64, 0u);
      for (size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(buffers[i], buffers[j])) << "seed " << seed;
    }
  }
}

TEST(PlaceBuffers, AChainNeedsMemoryForTwoBuffersOnly) {
  std::vector<BufferLife> chain;
  for (int step = 0; step < 10; ++step) chain.push_back({1024, step, step + 1});
  EXPECT_EQ(assign_offsets(chain), 2048u);
}

TEST(PlaceBuffers, SmallBuffersFillTheGapsBetweenLargeOnes) {
  std::vector<BufferLife> buffers{{4096, 0, 4}, {4096, 6, 9}, {1024, 0, 2}, {1024, 3, 9}};
  EXPECT_EQ(assign_offsets(buffers), 4096u + 1024u);
}

}  // namespace
}  // namespace residual
