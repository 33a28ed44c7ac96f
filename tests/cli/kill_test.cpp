// Runs that are stopped at random moments and resumed end with the bytes of one that was not.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;

double seconds_of(const std::function<void()>& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Stops `training --out run` at `stops` random moments of the time that the whole run takes, by random signals, and resumes it
// each time; compares the end with `whole`, the run that was not stopped.
void stop_and_resume(const std::string& training, int stops) {
  const Workspace workspace;
  Outcome whole;
  const double all = seconds_of([&] { whole = workspace.run(training + " --out whole"); });
  ASSERT_EQ(whole.code, 0) << whole.err;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> moment(0, all);
  const std::array signals{SIGKILL, SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP};
  for (int stop = 0; stop < stops; ++stop) {
    const int signal = signals[random() % signals.size()];
    const double after = moment(random);
    const pid_t process = workspace.start(training + " --out run --resume");
    std::this_thread::sleep_for(std::chrono::duration<double>(after));
    ::kill(process, signal);
    const int code = program::wait_for(process);
    EXPECT_TRUE(code == 0 || code == 128 + signal || (code == 130 && signal != SIGKILL))
        << "signal " << signal << " after " << after << " s ended it with " << code << ": " << workspace.read("err");
  }
  const Outcome end = workspace.run(training + " --out run --resume");
  ASSERT_EQ(end.code, 0) << end.err;
  for (const char* file : {"metrics.jsonl", "last.safetensors", "best.safetensors"})
    EXPECT_TRUE(workspace.read(std::string("run/") + file) == workspace.read(std::string("whole/") + file)) << file << " differs";
  EXPECT_THAT(program::partial_files(workspace / "run"), testing::IsEmpty());
}

const std::string kOneThread =
    "train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 --batch-size 16 --threads 1 --epochs 25 "
    "--checkpoint-minutes 0.0001";
const std::string kTwoThreads =
    "train --data shapes --model resnet14 --input 3x16x16 --train-size 320 --test-size 60 --batch-size 32 --threads 2 --epochs "
    "24 "
    "--checkpoint-minutes 0.001";
const std::string kAveragesAndAdam =
    "train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 --batch-size 16 --threads 1 --epochs 60 "
    "--val-split 0.2 --optimizer adamw --ema-decay 0.9 --clip-grad-norm 1 --checkpoint-minutes 0.0001";

TEST(RandomKills, ChangeNothingInTheEnd) {
  stop_and_resume(kOneThread, 4);
}

TEST(SlowRandomKills, ChangeNothingInTheEndWithTwoThreads) {
  stop_and_resume(kTwoThreads, 25);
}

TEST(SlowRandomKills, ChangeNothingInTheEndWithAveragesAndAdam) {
  stop_and_resume(kAveragesAndAdam, 25);
}

TEST(LongRandomKills, ChangeNothingInFifteenMinutes) {
  constexpr int kStops = 20;
  int runs = 0;
  for (double spent = 0; spent < 15 * 60 && !HasFailure();) {
    for (const std::string& training : {kOneThread, kTwoThreads, kAveragesAndAdam}) {
      spent += seconds_of([&] { stop_and_resume(training, kStops); });
      ++runs;
    }
  }
  fmt::print("{} runs, each stopped {} times\n", runs, kStops);
}

}  // namespace
