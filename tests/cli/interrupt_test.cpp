// A training that begins, with kernels still to be timed, ends at once when it is told to, at whatever moment.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "io/checkpoint.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Workspace;
using residual::support::shared_data;
using testing::HasSubstr;
using testing::IsEmpty;

// Keeps every processor busy with a process of its own.
class Load {
 public:
  Load() {
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
      const pid_t child = ::fork();
      for (volatile unsigned turns = 0; child == 0;) turns = turns + 1;
      processes_.push_back(child);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    for (const pid_t process : processes_) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
  }

 private:
  std::vector<pid_t> processes_;
};

// train/CLASS/* in two classes.
void sort_photos(const fs::path& from, const fs::path& to) {
  for (const char* name : {"train/even", "train/odd"}) fs::create_directories(to / name);
  int number = 0;
  for (const auto& entry : fs::directory_iterator(from)) {
    if (entry.path().extension() == ".JPEG") fs::copy(entry.path(), to / "train" / (number++ % 2 == 0 ? "even" : "odd"));
  }
}

struct Stopped {
  double seconds = 0;  ///< from the signal to the end
  int code = 0;
  std::string err;
};

Stopped stop(const Workspace& workspace, const std::string& training, int signal, double after) {
  using Clock = std::chrono::steady_clock;
  const pid_t process = workspace.start(training, "env -u RESIDUAL_TUNE");
  std::this_thread::sleep_for(std::chrono::duration<double>(after));
  const auto start = Clock::now();
  ::kill(process, signal);
  const int code = program::wait_for(process);
  return {std::chrono::duration<double>(Clock::now() - start).count(), code, workspace.read("err")};
}

// Stops trainings that begin with an empty cache, at `times` random moments of their first 30 seconds.
void stop_at_random(const std::string& training, int signal, int times) {
  constexpr double kSoon = 0.5, kFirst = 30;  // seconds
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> moment(0.2, kFirst);
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const Workspace workspace;
    const double after = moment(random);
    SCOPED_TRACE(testing::Message() << "signal " << signal << " after " << after << " s");
    const Stopped stopped = stop(workspace, training + " --out run", signal, after);
    all.push_back(stopped.seconds);
    EXPECT_LE(stopped.seconds, kSoon) << stopped.err << workspace.read("out");
    if (stopped.code == 128 + signal && stopped.err.empty() && !workspace.has("run")) continue;  // the program had not begun
    EXPECT_EQ(stopped.code, 130) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("residual: interrupted"));
    EXPECT_THAT(program::partial_files(workspace.path()), IsEmpty());
    EXPECT_FALSE(workspace.has("run/run.lock"));
    if (workspace.has("run/checkpoint.safetensors"))
      EXPECT_NO_THROW(residual::io::load_checkpoint(workspace / "run" / "checkpoint.safetensors"));
  }
  std::ranges::sort(all);
  fmt::print("signal {}: ended after {::.2f} s\n", signal, all);
}

class Interrupts : public testing::TestWithParam<int> {
 protected:
  static constexpr int kTimes = 10;
};

TEST_P(Interrupts, EndATrainingOnPhotosAtOnce) {
  const fs::path photos = shared_data("photos");
  if (photos.empty()) GTEST_SKIP() << "no photographs (photos/*.JPEG)";
  const Workspace data;
  sort_photos(photos, data.path());
  const std::string training = fmt::format("train --model resnet50 --batch-size 16 --data '{}'", data.path().string());
  stop_at_random(training, GetParam(), kTimes);
  const Load load;
  stop_at_random(training, GetParam(), kTimes);
}

TEST_P(Interrupts, EndATrainingOnAnArchiveOfSmallImagesAtOnce) {
  const fs::path archive = shared_data("cifar10-jpeg.tar.gz");
  if (archive.empty()) GTEST_SKIP() << "no CIFAR-10 as an archive of JPEG files (cifar10-jpeg.tar.gz)";
  const std::string training = fmt::format("train --model resnet50 --data '{}'", archive.string());
  stop_at_random(training, GetParam(), kTimes);
  const Load load;
  stop_at_random(training, GetParam(), kTimes);
}

INSTANTIATE_TEST_SUITE_P(Long, Interrupts, testing::Values(SIGINT, SIGTERM));

// 256 images of 128x128 pixels and a kernel to be timed for each of the first seconds.
TEST(SlowInterrupt, WhileKernelsAreTimedEndsTheTrainingAndKeepsWhatHasBeenTimed) {
  const Workspace workspace;
  const std::string training =
      "train --data shapes --model resnet50 --input 3x128x128 --train-size 64 --test-size 16 --batch-size 32 --out run";
  const Stopped stopped = stop(workspace, training, SIGINT, 6);
  EXPECT_LE(stopped.seconds, 1) << "half of it for a machine that runs other tests";
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.err, HasSubstr("residual: interrupted; the same command with --resume goes on\n"));
  EXPECT_FALSE(workspace.has("run/run.lock"));
  EXPECT_THAT(program::partial_files(workspace.path()), IsEmpty());
  std::string cached;
  for (const auto& entry : fs::directory_iterator(workspace / ".cache")) {
    if (entry.path().extension() == ".json") cached = workspace.read(".cache/" + entry.path().filename().string());
  }
  EXPECT_FALSE(program::json_of(cached).empty());
}

}  // namespace
