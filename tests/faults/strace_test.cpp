// SIGKILL at the system calls themselves, injected by strace: what the C library and other libraries call is among them.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "support/surroundings.h"
#include "verdict.h"

namespace faults {
namespace {

// Why strace cannot inject signals here; "" where it can.
std::string strace_lacks() {
  if (std::system("strace -f -qq -o /dev/null true 2>/dev/null") == 0) return "";
  return "no strace that may trace programs here: install strace, or allow ptrace";
}

TEST(SlowStrace, ATrainingKilledAtAWriteASyncOrARenameGoesOnToTheSameBytes) {
  if (const std::string lack = strace_lacks(); !lack.empty()) GTEST_SKIP() << lack;
  const Command& command = command_named("train");
  for (const char* call : {"write", "pwrite64", "fsync", "rename"}) {
    for (const int64_t nth : {1, 2, 4, 7}) {
      const residual::support::TemporaryFolder folder;
      prepare(folder.path(), command);
      const Ending ending =
          run(folder.path(), command.arguments, {},
              fmt::format("strace -f -qq -o /dev/null -e trace={0} -e inject={0}:signal=KILL:when={1}", call, nth));
      if (ending.signal == 0 && ending.code == 0) continue;  // fewer calls than that
      EXPECT_EQ(ending.signal, SIGKILL) << ending.err;
      EXPECT_EQ(wrong_with(command, {Fault::Effect::kKills, call, nth}, ending, folder.path()), "") << call << " " << nth;
    }
  }
}

}  // namespace
}  // namespace faults
