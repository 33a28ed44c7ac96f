// Models of other programs on the command line: convert, verify, and weights where a model file is expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::Room;
using testing::HasSubstr;

// The tiny model as PyTorch's file in `room`.
void write_torch(const Room& room, const std::string& name = "tiny.pth") {
  const Outcome outcome = room.run("convert " + program::tiny_model().string() + " " + name);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("from residual to PyTorch"));
  EXPECT_THAT(outcome.out, HasSubstr("the same"));
}

TEST(Convert, ThereAndBackGivesTheSameAnswers) {
  const Room room;
  write_torch(room);
  const std::string model = program::tiny_model().string();
  room.write("steps.json",
             R"([{"step":"decode","channels":3},{"step":"resize","size":[8,8],"filter":"bilinear"},{"step":"divide","by":255}])");
  ASSERT_EQ(room.run("convert tiny.pth back.safetensors --preprocess steps.json --no-verify").code, 0);
  const Outcome outcome = room.run("verify " + model + " back.safetensors --data shapes --pictures 20 --batch-size 8 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json json = program::json_of(outcome.out);
  EXPECT_EQ(json["same"], true);
  EXPECT_EQ(json["batches"][0]["agree"], 20);
  EXPECT_EQ(json["batches"][1]["absolute"], 0);
}

TEST(Convert, OnnxKeepsTheModelWithThePreparationOutsideOrInside) {
  const Room room;
  const std::string model = program::tiny_model().string();
  for (const char* options : {"", " --preprocess-inside"}) {
    const Outcome outcome = room.run("convert " + model + " tiny.onnx" + options);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("from residual to ONNX"));
    EXPECT_THAT(outcome.out, HasSubstr("the same"));
    const auto right = [&](const std::string& file) {
      return program::json_of(room.run("eval " + file + " --data shapes --json").out)["correct"];
    };
    EXPECT_EQ(right("tiny.onnx"), right(model)) << options;
  }
  EXPECT_EQ(room.run("convert tiny.onnx back.safetensors").code, 0);
  EXPECT_EQ(room.run("convert " + model + " tiny.pth --preprocess-inside").code, 2);
}

TEST(Convert, PicturesAreNotPreparedByGuess) {
  const Room room;
  write_torch(room);
  ASSERT_EQ(room.run("convert tiny.pth back.safetensors").code, 0);
  for (const char* command : {"eval back.safetensors --data shapes", "eval tiny.pth --data shapes", "predict tiny.pth x.png"}) {
    const Outcome outcome = room.run(command);
    EXPECT_EQ(outcome.code, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("--preprocess")) << command;
  }
  EXPECT_EQ(room.run("predict back.safetensors x.png --preprocess cifar10").code, 3);  // only the picture is missing now
  EXPECT_EQ(room.run("convert tiny.pth model.txt").code, 2);
}

TEST(Convert, SummaryAndBenchTakeWeightsToo) {
  const Room room;
  write_torch(room);
  EXPECT_EQ(program::json_of(room.run("summary tiny.pth --json").out)["parameters"],
            program::json_of(room.run("summary " + program::tiny_model().string() + " --json").out)["parameters"]);
  EXPECT_EQ(room.run("bench tiny.pth --input 3x8x8 --batch-size 2 --threads 1 --seconds 0.01 --json").code, 0);
}

TEST(Convert, WeightsOfAnotherNetworkAreRefusedWithATable) {
  const Room room;
  write_torch(room);
  const Outcome outcome = room.run("convert tiny.pth out.pth --model resnet20");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("resnet20 expects"));
  EXPECT_THAT(outcome.err, HasSubstr("layer1.1.conv1.weight"));
}

TEST(Verify, TwoModelsThatDifferHaveAnExitCodeOfTheirOwnAndALayer) {
  const Room room;
  ASSERT_EQ(room.run(program::tiny_training("other", 2)).code, 0);
  const Outcome outcome = room.run("verify " + program::tiny_model().string() + " other/last.safetensors");
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("first layer that differs: conv1 (conv2d, 16x8x8)"));
  EXPECT_THAT(outcome.out, HasSubstr("they differ"));
}

TEST(Convert, APickleThatWouldRunCodeRunsNothing) {
  const Room room;
  fs::copy(fs::path(RESIDUAL_SOURCE_DIR) / "tests/fuzz/corpus/torch_zip/evil", room / "evil.pth");
  const Outcome outcome = room.run("summary evil.pth");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("posix.system"));
}

// Networks trained elsewhere, on JPEG copies of CIFAR-10's test pictures: PyTorch gets 8103 and 8256 right.
TEST(SlowPretrained, CifarNetworksOfAnotherProgramGetAsManyRightAsThere) {
  const fs::path weights = residual::support::shared_data("pretrained"),
                 pictures = residual::support::shared_data("cifar10-jpeg.tar.gz");
  if (weights.empty() || pictures.empty()) GTEST_SKIP() << "no pretrained weights or CIFAR-10 beside the repository";
  const Room room;
  ASSERT_EQ(room.shell("mkdir cifar && tar xzf '" + pictures.string() + "' -C cifar").code, 0);
  const fs::path data = fs::exists(room / "cifar/test") ? room / "cifar" : fs::directory_iterator(room / "cifar")->path();
  const std::pair<const char*, int> expected[] = {{"resnet20-12fca82f.th", 8103}, {"resnet32-d509ac18.th", 8256}};
  for (const auto& [name, correct] : expected) {
    for (const std::string& told : {std::string(), " --shortcut A --model " + std::string(name, 8)}) {
      const std::string file = (weights / name).string();
      const Outcome outcome =
          room.run("eval '" + file + "' --preprocess imagenet-norm --data '" + data.string() + "' --split test --json" + told);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_NEAR(program::json_of(outcome.out)["correct"].get<int>(), correct, 2) << name << told;
    }
  }
}

}  // namespace
