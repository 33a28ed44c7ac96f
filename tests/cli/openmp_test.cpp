// The program ends where OpenMP gives fewer threads than it asks for, and soon when it is stopped while kernels are timed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "program.h"

namespace program {
namespace {

TEST(OpenMp, TrainingEndsWithFewerThreadsThanItAsksFor) {
  for (const char* setting : {"OMP_THREAD_LIMIT=1", "OMP_MAX_ACTIVE_LEVELS=0", "OMP_DYNAMIC=true"}) {
    const Workspace workspace;
    const Outcome outcome = workspace.shell(fmt::format(
        "{} timeout -s KILL 120 \"$R\" train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 "
        "--batch-size 16 --threads 2 --epochs 1 --out run",
        setting));
    EXPECT_EQ(outcome.code, 0) << setting << "\n" << outcome.err;
    EXPECT_TRUE(workspace.has("run/best.safetensors")) << setting;
  }
}

TEST(Interruption, WhileKernelsAreTimedLeavesNothingHalfWritten) {
  for (const char* seconds : {"0.5", "1.5"}) {
    const Workspace workspace;
    const Outcome outcome = workspace.shell(
        fmt::format("RESIDUAL_TUNE=1 \"$R\" train --data shapes --model resnet50 --input 3x64x64 --train-size 96 --test-size 40 "
                    "--batch-size 32 --out run & p=$!; sleep {}; kill -TERM $p; began=$(date +%s%N); wait $p; code=$?; "
                    "echo took $((($(date +%s%N) - began) / 1000000)); exit $code",
                    seconds));
    EXPECT_EQ(outcome.code, 130) << outcome.err;
    const size_t at = outcome.out.find("took ");
    ASSERT_NE(at, std::string::npos);
    EXPECT_LT(std::stoi(outcome.out.substr(at + 5)), 3000) << "milliseconds, while other tests use the processors too";
    EXPECT_EQ(partial_files(workspace.path()), std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace program
