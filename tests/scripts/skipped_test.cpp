// scripts/test names the reasons of skipped tests and keeps the result of ctest. A script takes ctest's place.
#include <gtest/gtest.h>

#include "cli/program.h"

namespace {

using program::Outcome;
using program::Workspace;

// Runs `scripts/test PRESET -L fast` in a folder of its own where ctest leaves this log and exits with `code`.
Outcome run(const std::string& preset, const std::string& log, int code) {
  const Workspace workspace;
  const std::string folder = preset == "release" ? "build" : "build-" + preset;
  workspace.write("log", log);
  workspace.write("ctest", "#!/bin/bash\necho \"ctest $*\"; mkdir -p " + folder + "/Testing/Temporary; cp log " + folder +
                               "/Testing/Temporary/LastTest.log; exit " + std::to_string(code) + "\n");
  return workspace.shell("chmod +x ctest; mkdir scripts && cp '" RESIDUAL_SOURCE_DIR
                         "/scripts/test' scripts/ && PATH=\"$PWD:$PATH\" scripts/test " +
                         preset + " -L fast");
}

TEST(ScriptsTest, NamesTheReasonsOfSkippedTestsWithTheirNumber) {
  const std::string log =
      "[ RUN      ] A.B\n../tests/a_test.cpp:12: Skipped\nno photographs beside the repository\n\n[  SKIPPED ] A.B (0 ms)\n"
      "[ RUN      ] C.D\n../tests/c_test.cpp:3: Skipped\nno photographs beside the repository\n\n[  SKIPPED ] C.D (0 ms)\n";
  const Outcome outcome = run("release", log, 0);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "ctest --preset release -L fast\n\n2 skipped: no photographs beside the repository\n");
}

TEST(ScriptsTest, KeepsTheResultOfCtestAndSaysNothingWhereNothingIsSkipped) {
  const Outcome outcome = run("asan", "[ RUN      ] A.B\n[       OK ] A.B (0 ms)\n", 8);
  EXPECT_EQ(outcome.code, 8);
  EXPECT_EQ(outcome.out, "ctest --preset asan -L fast\n");
}

}  // namespace
