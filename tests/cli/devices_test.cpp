// residual devices, and what --device takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/cuda.h"
#include "cli/program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

TEST(Devices, TheProcessorIsListedWithItsMemoryAndLibraries) {
  const Outcome text = Workspace().run("devices");
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, testing::ContainsRegex("cpu +.*GiB, .* free.*oneDNN [0-9.]+\n"));
  const nlohmann::json list = program::json_of(Workspace().run("devices --json").out);
  const auto cpu = std::ranges::find_if(list, [](const auto& device) { return device["name"] == "cpu"; });
  ASSERT_NE(cpu, list.end());
  EXPECT_TRUE((*cpu)["usable"].get<bool>());
  EXPECT_GT((*cpu)["memory"].get<uint64_t>(), (*cpu)["free_memory"].get<uint64_t>());
}

TEST(Devices, AutoIsTheFirstThatCanBeUsed) {
  const nlohmann::json list = program::json_of(Workspace().run("devices --json").out);
  ASSERT_TRUE(list[0]["usable"].get<bool>());
  EXPECT_THAT(Workspace().run("devices").out, HasSubstr("auto is " + list[0]["name"].get<std::string>() + ".\n"));
  for (const auto& device : list) EXPECT_EQ(device["usable"].get<bool>(), device["problem"].get<std::string>().empty());
}

TEST(Devices, ABuildWithoutCudaSaysSo) {
  if (residual::has_cuda()) GTEST_SKIP() << "this build has the CUDA backend";
  EXPECT_THAT(Workspace().run("devices").out, HasSubstr("cuda    cannot be used: this build of residual has no CUDA kernels\n"));
}

TEST(Devices, AGpuThatCannotBeUsedEndsEveryCommandWithOneSentence) {
  if (!residual::has_cuda()) GTEST_SKIP() << "this build has no CUDA backend (RESIDUAL_CUDA)";
  const residual::CudaSurvey survey = residual::survey_cuda();
  if (!survey.gpus.empty()) GTEST_SKIP() << "this machine has a GPU";
  for (const char* command : {"train --data shapes --out run", "bench resnet8", "summary resnet8"}) {
    for (const char* device : {"cuda", "cuda:3"}) {
      const Outcome outcome = Workspace().run(std::string(command) + " --device " + device);
      EXPECT_EQ(outcome.code, 5) << command;
      EXPECT_EQ(outcome.err, "residual: CUDA cannot be used: " + survey.problem + "; --device cpu computes on the processor\n");
    }
  }
}

TEST(Devices, TheProcessorComputesInFloat32Alone) {
  const Workspace workspace;
  EXPECT_EQ(workspace.run("summary resnet8 --device cpu --precision fp32 --deterministic").code, 0);
  for (const char* precision : {"bf16", "tf32", "fp16", "float"}) {
    const Outcome outcome = workspace.run(std::string("summary resnet8 --device cpu --precision ") + precision);
    EXPECT_EQ(outcome.code, 2) << precision;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("the precision is '") + precision + "', expected fp32 on the device cpu"));
  }
}

TEST(Devices, ANumberThatIsNoneIsAUsageError) {
  for (const char* device : {"cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "cpu:0", "cpu:", ":1"}) {
    const Outcome outcome = Workspace().run(std::string("summary resnet8 --device ") + device);
    EXPECT_EQ(outcome.code, 2) << device;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("the device is '") + device + "', expected auto")) << device;
  }
}

}  // namespace
