// What a run keeps in its folder: its progress in the checkpoint, and the lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <fstream>

#include "core/error.h"
#include "support/surroundings.h"
#include "train/run/run_lock.h"
#include "train/run/run_progress.h"

namespace residual::train {
namespace {

using testing::HasSubstr;

// Written by 0.2.0; the keys and their order stay.
constexpr std::string_view kProgress =
    R"({"epoch":1,"batch":2,"threads":3,"loss_sum":0.5,"correct":4,"seen":5,"best_epoch":1,"best_top1":0.25,"metrics_bytes":6,)"
    R"("timings_bytes":7,"records":[{"epoch":1,"learning_rate":0.1,"train_loss":1.5,"train_top1":0.5,"test_loss":null,)"
    R"("test_top1":null,"seconds":2.5}]})";

TEST(RunProgress, OfAnOlderVersionIsReadWithDefaultsForWhatItLacks) {
  const RunProgress progress = RunProgress::from_json(kProgress);
  EXPECT_EQ(progress.batch, 2);
  EXPECT_EQ(progress.running.loss_sum, 0.5);
  EXPECT_EQ(progress.timings_bytes, 7U);
  ASSERT_EQ(progress.records.size(), 1U);
  EXPECT_EQ(progress.records[0].learning_rate, 0.1);
  EXPECT_TRUE(std::isnan(progress.records[0].held_out_loss));
  EXPECT_EQ(progress.records[0].seconds, 2.5);
  EXPECT_TRUE(progress.timed_kernels) << "it does not say";
}

TEST(RunProgress, GoesThroughJsonUnchanged) {
  RunProgress progress = RunProgress::from_json(kProgress);
  std::string with_new_keys(kProgress);
  with_new_keys.insert(with_new_keys.size() - 1, ",\"timed_kernels\":true");
  EXPECT_EQ(progress.to_json(), with_new_keys);
  progress.timed_kernels = false;
  progress.records[0].seconds.reset();
  EXPECT_EQ(RunProgress::from_json(progress.to_json()).to_json(), progress.to_json());
}

TEST(RunProgress, ThatLacksAKeyOrContradictsItselfIsABadFile) {
  const auto refused = [](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    try {
      RunProgress::from_json(text);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kBadFile;
    }
    return false;
  };
  EXPECT_TRUE(refused(std::string(kProgress), "\"batch\":2,", ""));
  EXPECT_TRUE(refused(std::string(kProgress), "\"train_loss\":1.5,", ""));
  EXPECT_TRUE(refused(std::string(kProgress), "\"batch\":2", "\"batch\":-2"));
  EXPECT_TRUE(refused(std::string(kProgress), "\"seen\":5", "\"seen\":\"5\""));
  EXPECT_TRUE(refused(std::string(kProgress), "{\"epoch\":1,\"batch\"", "{\"epoch\":3,\"batch\""));
}

std::string refusal(const std::filesystem::path& folder) {
  try {
    const RunLock lock(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "";
}

TEST(RunLock, KeepsASecondRunOutOfAFolderWhileItLivesAlsoOfTheSameProcess) {
  const support::TemporaryFolder folder;
  {
    const RunLock lock(folder.path());
    EXPECT_THAT(refusal(folder.path()), HasSubstr(": process " + std::to_string(::getpid()) + ";"));
  }
  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the lock's file stays";
}

TEST(RunLock, OfAKilledRunIsFree) {
  const support::TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(folder.path());
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "run.lock"));
  EXPECT_EQ(refusal(folder.path()), "");
}

TEST(RunLock, WhoseHolderIsUnknownStillRefuses) {
  const support::TemporaryFolder folder;
  const RunLock lock(folder.path());
  std::ofstream(folder / "run.lock", std::ios::trunc) << "";
  EXPECT_THAT(refusal(folder.path()), HasSubstr("another run writes into"));
}

TEST(RunLock, InAFolderThatCannotBeWrittenIsAResourceError) {
  const support::TemporaryFolder folder;
  try {
    const RunLock lock(folder / "none");
    ADD_FAILURE() << "it locked nothing";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
  }
}

}  // namespace
}  // namespace residual::train
