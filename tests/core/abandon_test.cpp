// What is left of a process that ends in the middle of its work.
#include "core/system/abandon.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "core/system/file.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using support::TemporaryFolder;

TEST(AbandonDeathTest, RemovesTheFilesOfThisProcessAndKeepsTheOthers) {
  const TemporaryFolder folder;
  folder.write("kept", "");
  EXPECT_EXIT(
      {
        const ProcessFile lock(folder / "lock");
        folder.write("lock", "");
        {
          const ProcessFile done(folder / "kept");
        }
        abandon_work();
        ::_exit(7);
      },
      testing::ExitedWithCode(7), "");
  EXPECT_TRUE(folder.has("kept"));
  EXPECT_FALSE(folder.has("lock"));
}

TEST(AbandonDeathTest, LeavesTheOldFileWhereANewOneIsHalfWritten) {
  const TemporaryFolder folder;
  folder.write("model", "old");
  EXPECT_EXIT(replace_file(folder / "model",
                           [&](const ByteSink& sink) {
                             sink(std::as_bytes(std::span("new")));
                             if (folder.files() != 2) ::_exit(1);
                             abandon_work();
                             ::_exit(7);
                           }),
              testing::ExitedWithCode(7), "");
  EXPECT_EQ(folder.read("model"), "old");
  EXPECT_EQ(folder.files(), 1U);
}

[[noreturn]] void end_beside_a_thread_that_saves() {
  std::atomic<bool> saved = false, began = false;
  std::optional<UnsavedWork> work(std::in_place);
  const std::thread saving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    saved = true;
    work.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const UnsavedWork next;
    began = true;
  });
  const bool waited = wait_for_unsaved_work();
  abandon_work();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ::_exit(waited && saved && !began ? 7 : 1);
}

TEST(AbandonDeathTest, WaitsForUnsavedWorkAndLetsNoneBeginAfterwards) {
  EXPECT_EXIT(end_beside_a_thread_that_saves(), testing::ExitedWithCode(7), "");
  EXPECT_FALSE(wait_for_unsaved_work());
}

}  // namespace
}  // namespace residual
