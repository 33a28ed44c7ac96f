// Readers of the program's output that are slow, that do not block, or that it cannot reach, and a cache folder that is none.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;

// The output of `residual ARGUMENTS` into a pipe that does not block, read late and in small parts.
std::string read_slowly(const Workspace& workspace, const std::string& arguments, int& code) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    const std::string command = "cd '" + workspace.path().string() + "' && exec '" RESIDUAL_PROGRAM "' " + arguments;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  std::string text;
  char part[4096];
  for (ssize_t got; (got = ::read(ends[0], part, sizeof part)) > 0; text.append(part, static_cast<size_t>(got)))
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  ::close(ends[0]);
  code = program::wait_for(child);
  return text;
}

TEST(Streams, ASlowReaderThatDoesNotBlockGetsEverything) {
  const Workspace workspace;
  const std::string summary = "summary resnet1202 --json";
  const std::string expected = workspace.run(summary).out;
  ASSERT_GT(expected.size(), 100'000U) << "more than a pipe holds";
  int code = -1;
  EXPECT_TRUE(read_slowly(workspace, summary, code) == expected);
  EXPECT_EQ(code, 0);
}

TEST(Streams, ACacheFolderThatCannotBeUsedIsNoError) {
  const Workspace workspace;
  ASSERT_EQ(workspace.shell("ln -s loop loop && mkdir -p odd/kernels.json").code, 0);
  const std::string bench = "unset RESIDUAL_TUNE; \"$R\" bench resnet8 --input 3x8x8 --batch-size 1 --threads 1 --seconds 0.01";
  for (const char* folder : {"loop", "loop/below", "odd", "/proc/none"}) {
    const Outcome outcome = workspace.shell("export RESIDUAL_CACHE_DIR=" + std::string(folder) + "; " + bench);
    EXPECT_EQ(outcome.code, 0) << folder << ": " << outcome.err;
    EXPECT_EQ(workspace.run("fetch --list", "export RESIDUAL_CACHE_DIR=" + std::string(folder) + ";").code, 0) << folder;
  }
}

}  // namespace
