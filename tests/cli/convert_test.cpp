// Models of other programs on the command line: convert, verify, and weights where a model file is expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "io/torch/torch_file.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

// The tiny model as PyTorch's file in `workspace`.
void write_torch(const Workspace& workspace, const std::string& name = "tiny.pth") {
  const Outcome outcome = workspace.run("convert " + program::tiny_model().string() + " " + name);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("from residual to PyTorch"));
  EXPECT_THAT(outcome.out, HasSubstr("the same"));
}

TEST(Convert, ThereAndBackGivesTheSameAnswers) {
  const Workspace workspace;
  write_torch(workspace);
  const std::string model = program::tiny_model().string();
  workspace.write(
      "steps.json",
      R"([{"step":"decode","channels":3},{"step":"resize","size":[8,8],"filter":"bilinear"},{"step":"divide","by":255}])");
  ASSERT_EQ(workspace.run("convert tiny.pth back.safetensors --preprocess steps.json --no-verify").code, 0);
  const Outcome outcome = workspace.run("verify " + model + " back.safetensors --data shapes --images 20 --batch-size 8 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json json = program::json_of(outcome.out);
  EXPECT_EQ(json["same"], true);
  EXPECT_EQ(json["batches"][0]["agree"], 20);
  EXPECT_EQ(json["batches"][1]["absolute"], 0);
}

TEST(Convert, OnnxKeepsTheModelWithThePreprocessingOutsideOrInside) {
  const Workspace workspace;
  const std::string model = program::tiny_model().string();
  for (const char* options : {"", " --preprocess-inside"}) {
    const Outcome outcome = workspace.run("convert " + model + " tiny.onnx" + options);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("from residual to ONNX"));
    EXPECT_THAT(outcome.out, HasSubstr("the same"));
    const auto right = [&](const std::string& file) {
      return program::json_of(workspace.run("eval " + file + " --data shapes --json").out)["correct"];
    };
    EXPECT_EQ(right("tiny.onnx"), right(model)) << options;
    EXPECT_EQ(workspace.run("verify " + model + " tiny.onnx --data shapes --images 20").code, 0) << options;
  }
  EXPECT_EQ(workspace.run("convert tiny.onnx back.safetensors").code, 0);
  EXPECT_EQ(workspace.run("convert " + model + " tiny.pth --preprocess-inside").code, 2);
}

// As PyTorch itself writes weights: what we keep beside the tensors is gone.
void write_bare_torch(const Workspace& workspace) {
  write_torch(workspace);
  const residual::io::TorchFile file = residual::io::read_torch(workspace / "tiny.pth");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  residual::io::write_torch(workspace / "tiny.pth", residual::io::views_of(file.tensors), names);
}

TEST(Convert, ImagesAreNotPreparedByGuess) {
  const Workspace workspace;
  write_bare_torch(workspace);
  const Outcome converted = workspace.run("convert tiny.pth back.safetensors");
  ASSERT_EQ(converted.code, 0);
  EXPECT_THAT(converted.err, HasSubstr("residual: warning: 'tiny.pth' does not say how images are preprocessed"));
  for (const char* command : {"eval back.safetensors --data shapes", "eval tiny.pth --data shapes", "predict tiny.pth x.png"}) {
    const Outcome outcome = workspace.run(command);
    EXPECT_EQ(outcome.code, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("--preprocess")) << command;
  }
  EXPECT_EQ(workspace.run("predict back.safetensors x.png --preprocess cifar10").code, 3);  // only the image is missing now
  EXPECT_EQ(workspace.run("convert tiny.pth model.txt").code, 2);
  EXPECT_EQ(workspace.run("convert tiny.pth tiny.onnx --preprocess-inside").code, 2);
  EXPECT_EQ(workspace.run("convert tiny.pth small.safetensors --preprocess cifar10 --input 3x8x8").code, 0);
  EXPECT_EQ(
      program::json_of(workspace.run("verify small.safetensors tiny.pth --input 3x8x8 --preprocess cifar10 --json").out)["same"],
      true);
  EXPECT_EQ(workspace.run("convert tiny.pth small.safetensors --preprocess imagenet --input 3x48x48").code, 0);
  EXPECT_EQ(program::json_of(workspace.run("summary small.safetensors --json").out)["layers"][0]["output"][1], 48);
}

TEST(Verify, AFileThatDoesNotSayHowImagesArePreparedTakesThemAsTheOther) {
  const Workspace workspace;
  write_bare_torch(workspace);
  const std::string model = program::tiny_model().string();
  for (const std::string& files : {model + " tiny.pth", "tiny.pth " + model}) {
    const Outcome outcome = workspace.run("verify " + files + " --data shapes --images 20 --json");
    EXPECT_EQ(outcome.code, 0) << files << outcome.err;
    EXPECT_EQ(program::json_of(outcome.out)["batches"][0]["agree"], 20) << files;
  }
}

TEST(Convert, SummaryAndBenchTakeWeightsToo) {
  const Workspace workspace;
  write_torch(workspace);
  ASSERT_EQ(workspace.shell("mkdir hub && cp tiny.pth hub/pytorch_model.bin && echo {} > hub/config.json").code, 0);
  for (const std::string weights : {"tiny.pth", "hub"}) {
    EXPECT_EQ(program::json_of(workspace.run("summary " + weights + " --json").out)["parameters"],
              program::json_of(workspace.run("summary " + program::tiny_model().string() + " --json").out)["parameters"]);
  }
  EXPECT_EQ(workspace.run("bench tiny.pth --input 3x8x8 --batch-size 2 --threads 1 --seconds 0.01 --json").code, 0);
}

TEST(Convert, WeightsOfAnotherNetworkAreRefusedWithATable) {
  const Workspace workspace;
  write_torch(workspace);
  const Outcome outcome = workspace.run("convert tiny.pth out.pth --model resnet20");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("resnet20 expects"));
  EXPECT_THAT(outcome.err, HasSubstr("layer1.1.conv1.weight"));
}

TEST(Verify, TwoModelsThatDifferHaveAnExitCodeOfTheirOwnAndALayer) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(program::tiny_training("other", 2)).code, 0);
  const Outcome outcome = workspace.run("verify " + program::tiny_model().string() + " other/last.safetensors");
  EXPECT_EQ(outcome.code, 6) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("first layer that differs: conv1 (conv2d, 16x8x8)"));
  EXPECT_THAT(outcome.out, HasSubstr("they differ"));
}

// A JPEG file of 37 x 29 pixels whose Exif data say that its right side is up.
std::string turned_image() {
  static constexpr char kExif[] =
      "\xff\xe1\0\x22"
      "Exif\0\0II*\0"
      "\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
  std::ifstream file(fs::path(RESIDUAL_SOURCE_DIR) / "tests/data/golden/jpeg_420.jpg", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return bytes.substr(0, 2) + std::string(kExif, sizeof kExif - 1) + bytes.substr(2);
}

TEST(Verify, TurnsImagesUprightWhereTheFirstModelDoes) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(program::tiny_training("run") + " --exif-orientation").code, 0);
  workspace.write("turned/test/a/1.jpg", turned_image());
  ASSERT_EQ(workspace.run("data sample turned --exif-orientation --out upright/test/a").code, 0);
  const auto verified = [&](const std::string& data) {
    const Outcome outcome = workspace.run("verify run/last.safetensors other/last.safetensors --json --data " + data);
    EXPECT_EQ(outcome.code, 6) << outcome.err;
    return program::json_of(outcome.out);
  };
  ASSERT_EQ(workspace.run(program::tiny_training("other", 2)).code, 0);
  EXPECT_EQ(verified("turned"), verified("upright"));
}

TEST(Predict, TurnsImagesUprightWhenItIsTold) {
  const Workspace workspace;
  workspace.write("turned/test/a/1.jpg", turned_image());
  ASSERT_EQ(workspace.run("data sample turned --exif-orientation --out upright").code, 0);
  ASSERT_EQ(workspace.run("data sample turned --out lying").code, 0);
  const auto seen = [&](const std::string& image) {
    const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " " + image + " --json");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return program::json_of(outcome.out)[0]["predictions"];
  };
  EXPECT_EQ(seen("turned/test/a/1.jpg"), seen("lying/000-a.png"));
  EXPECT_EQ(seen("turned/test/a/1.jpg --exif-orientation"), seen("upright/000-a.png"));
  EXPECT_NE(seen("lying/000-a.png"), seen("upright/000-a.png"));
}

TEST(Convert, APickleThatWouldRunCodeRunsNothing) {
  const Workspace workspace;
  fs::copy(fs::path(RESIDUAL_SOURCE_DIR) / "tests/fuzz/corpus/torch_zip/evil", workspace / "evil.pth");
  const Outcome outcome = workspace.run("summary evil.pth");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("posix.system"));
}

// Networks trained elsewhere, on JPEG copies of CIFAR-10's test images: PyTorch gets 8103 and 8256 right.
TEST(SlowPretrained, CifarNetworksOfAnotherProgramGetAsManyRightAsThere) {
  const fs::path weights = residual::support::shared_data("pretrained"),
                 images = residual::support::shared_data("cifar10-jpeg.tar.gz");
  if (weights.empty() || images.empty()) GTEST_SKIP() << "no pretrained weights or CIFAR-10 beside the repository";
  const Workspace workspace;
  ASSERT_EQ(workspace.shell("mkdir cifar && tar xzf '" + images.string() + "' -C cifar").code, 0);
  const fs::path data =
      fs::exists(workspace / "cifar/test") ? workspace / "cifar" : fs::directory_iterator(workspace / "cifar")->path();
  const std::pair<const char*, int> expected[] = {{"resnet20-12fca82f.th", 8103}, {"resnet32-d509ac18.th", 8256}};
  for (const auto& [name, correct] : expected) {
    for (const std::string& told : {std::string(), " --shortcut A --model " + std::string(name, 8)}) {
      const std::string file = (weights / name).string();
      const Outcome outcome = workspace.run("eval '" + file + "' --preprocess imagenet-norm --data '" + data.string() +
                                            "' --split test --json" + told);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_NEAR(program::json_of(outcome.out)["correct"].get<int>(), correct, 2) << name << told;
    }
  }
}

}  // namespace
