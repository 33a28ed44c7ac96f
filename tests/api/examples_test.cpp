// The programs of examples/ and README.md are compiled by the build; here they run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/surroundings.h"

namespace {

struct Outcome {
  int code;
  std::string out;
};

Outcome run(const std::string& command) {
  const auto close = [](FILE* pipe) { return ::pclose(pipe); };
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  Outcome outcome{-1, {}};
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) outcome.out += static_cast<char>(letter);
  outcome.code = close(pipe);
  return outcome;
}

TEST(SlowExamples, TrainThenClassifyThenEvaluate) {
  const residual::support::TemporaryFolder folder;
  const std::string name = folder.path().string();
  ::setenv("RESIDUAL_CACHE_DIR", name.c_str(), 1);
  ::setenv("RESIDUAL_TUNE", "0", 1);
  const std::string examples = "'" RESIDUAL_EXAMPLES "'/", model = name + "/model.safetensors";

  const Outcome trained = run(examples + "train_shapes '" + model + "' 1 256");
  ASSERT_EQ(trained.code, 0) << trained.out;
  EXPECT_THAT(trained.out, testing::HasSubstr("epoch 1: train loss"));

  ASSERT_EQ(run("'" RESIDUAL_PROGRAM "' data sample shapes --count 1 --out '" + name + "'").code, 0);
  const Outcome classified = run(examples + "classify '" + model + "' '" + name + "/000-circle.png'");
  ASSERT_EQ(classified.code, 0) << classified.out;
  EXPECT_THAT(classified.out, testing::HasSubstr("000-circle.png: "));
  EXPECT_THAT(classified.out, testing::HasSubstr("plain grey: "));

  const Outcome evaluated = run(examples + "evaluate '" + model + "' shapes");
  ASSERT_EQ(evaluated.code, 0) << evaluated.out;
  EXPECT_THAT(evaluated.out, testing::HasSubstr("2000 images: "));

  EXPECT_EQ(run(examples + "classify /nowhere.safetensors x.png").code >> 8, 3);
}

}  // namespace
