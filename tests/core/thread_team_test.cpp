#include "core/threads/thread_team.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace residual {
namespace {

struct Part {
  int64_t part, begin, end;
  bool operator==(const Part&) const = default;
};

std::vector<Part> parts_of(int64_t count, int64_t parts) {
  std::vector<Part> all;
  std::mutex guard;
  for_each_part(count, parts, [&](int64_t part, int64_t begin, int64_t end) {
    const std::lock_guard lock(guard);
    all.push_back({part, begin, end});
  });
  return all;
}

TEST(ThreadTeam, PartsAreContiguousAndCoverTheRange) {
  EXPECT_THAT(parts_of(10, 3), testing::UnorderedElementsAre(Part{0, 0, 3}, Part{1, 3, 6}, Part{2, 6, 10}));
  EXPECT_THAT(parts_of(2, 4), testing::UnorderedElementsAre(Part{0, 0, 0}, Part{1, 0, 1}, Part{2, 1, 1}, Part{3, 1, 2}));
  EXPECT_THAT(parts_of(5, 0), testing::ElementsAre(Part{0, 0, 5}));
}

TEST(ThreadTeam, TheFirstPartRunsOnTheCallingThreadAndTheOthersElsewhere) {
  std::vector<std::thread::id> threads(3);
  for_each_part(3, 3, [&](int64_t part, int64_t, int64_t) { threads[static_cast<size_t>(part)] = std::this_thread::get_id(); });
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], threads[0]);
  EXPECT_NE(threads[2], threads[0]);
}

TEST(ThreadTeam, WhatTheFirstFailingPartThrowsIsThrownOnceAllHaveEnded) {
  std::atomic<int> ended = 0;
  const auto work = [&](int64_t part, int64_t, int64_t) {
    ++ended;
    if (part >= 1) throw std::runtime_error("part " + std::to_string(part));
  };
  try {
    for_each_part(8, 4, work);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "part 1");
  }
  EXPECT_EQ(ended, 4);
}

}  // namespace
}  // namespace residual
