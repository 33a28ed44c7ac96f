// The library that injects faults does what its first lines say.
#include <gtest/gtest.h>

#include "launch.h"
#include "support/surroundings.h"

namespace faults {
namespace {

using residual::support::TemporaryFolder;

TEST(Preload, CountsTheCallsOfARunThatGoesWell) {
  const TemporaryFolder folder;
  Ending ending;
  Counts counts = count(folder.path(), "models --json", ending);
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_EQ(counts["write"], 1);
  EXPECT_GT(counts["malloc"], 1000);
  EXPECT_EQ(counts["rename"], 0);
}

TEST(Preload, FailsOrKillsAtTheNthCall) {
  const TemporaryFolder folder;
  const Ending failed = run(folder.path(), "models --json", Fault{Fault::Effect::kFailsOnce, "write", 1});
  EXPECT_EQ(failed.code, 5);
  EXPECT_EQ(failed.err, "residual: cannot write to standard output: No space left on device\n");
  const Ending killed = run(folder.path(), "models --json", Fault{Fault::Effect::kKills, "write", 1});
  EXPECT_EQ(killed.signal, 9);
  const Ending untouched = run(folder.path(), "models --json", Fault{Fault::Effect::kFailsFromThere, "write", 2});
  EXPECT_EQ(untouched.code, 0) << untouched.err;
  EXPECT_EQ(killed.out, untouched.out.substr(0, untouched.out.size() / 2)) << "half of the write is done";
}

}  // namespace
}  // namespace faults
