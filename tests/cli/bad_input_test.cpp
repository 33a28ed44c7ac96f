// Everything that can be wrong with what the program is given: one clear message, the right exit code, no partial file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "backend/cuda/cuda.h"
#include "image/formats/png_file.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::tiny_training;
using program::Workspace;
using testing::HasSubstr;

// One message: every line but those that a message has inside begins with "residual: ".
void expect_refused(const Outcome& outcome, int code, const std::string& part, const std::string& what) {
  EXPECT_EQ(outcome.code, code) << what << "\n" << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: ")) << what;
  EXPECT_THAT(outcome.err, HasSubstr(part)) << what;
}

void refuses(const Workspace& workspace, int code, const std::string& arguments, const std::string& part) {
  expect_refused(workspace.run(arguments), code, part, arguments);
}

TEST(BadInput, OptionsOutOfRangeOrContradictingEachOtherAreUsageMistakes) {
  const Workspace workspace;
  const std::string train = "train --data shapes --train-size 32 --test-size 10 --model resnet8 --input 3x8x8 --out run ";
  refuses(workspace, 2, "", "subcommand");
  refuses(workspace, 2, "trian", "no command is called 'trian'; the nearest name is 'train'");
  refuses(workspace, 2, "data inof shapes", "no command of `residual data` is called 'inof'; the nearest name is 'info'");
  refuses(workspace, 2, "quasimodo", "there are train, eval");
  refuses(workspace, 2, "train", "--data");
  refuses(workspace, 2, train + "--bogus 1", "residual train has no option --bogus\n");
  refuses(workspace, 2, train + "--bacth 1", "has no option --bacth; the nearest name is '--batch-size'");
  refuses(workspace, 2, train + "--Epoch=1", "the nearest name is '--epochs'");
  refuses(workspace, 2, "data info shapes --contact-shet x.png", "residual data info has no option --contact-shet; the nearest");
  refuses(workspace, 2, "bench resnet8 --seconds 1 --seconds 2", "--seconds is given twice");
  refuses(workspace, 2, "models --json --json", "--json is given twice");
  refuses(workspace, 2, train + "--lr 1 --learning-rate=1", "--learning-rate is given twice; omit one (--learning-rate,--lr)");
  refuses(workspace, 2, train + "--epochs abc", "--epochs");
  for (const char* value : {"0", "-1", "99999999999"}) refuses(workspace, 2, train + "--epochs " + value, "--epochs");
  for (const char* value : {"0", "-1", "70000"}) refuses(workspace, 2, train + "--batch-size " + value, "--batch-size");
  for (const char* value : {"0", "-0.1", "nan", "inf"}) refuses(workspace, 2, train + "--lr " + value, "--learning-rate is");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(workspace, 2, train + "--momentum " + value, "--momentum is");
  for (const char* value : {"1", "-0.1", "nan"})
    refuses(workspace, 2, train + "--label-smoothing " + value, "--label-smoothing is");
  for (const char* value : {"-1", "nan", "inf"}) refuses(workspace, 2, train + "--weight-decay " + value, "--weight-decay is");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(workspace, 2, train + "--val-split " + value, "split");
  for (const char* value : {"-1", "100000"}) refuses(workspace, 2, train + "--threads " + value, "--threads");
  for (const char* value : {"0", "1000"}) refuses(workspace, 2, train + "--loader-threads " + value, "--loader-threads");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(workspace, 2, train + "--ema-decay " + value, "--ema-decay is");
  for (const char* value : {"-1", "nan", "inf"})
    refuses(workspace, 2, train + "--clip-grad-norm " + value, "--clip-grad-norm is");
  for (const char* value : {"1", "-0.1"}) refuses(workspace, 2, train + "--optimizer adam --beta1 " + value, "--beta1 is");
  refuses(workspace, 2, train + "--warmup -1", "--warmup-steps is -1");
  refuses(workspace, 2, train + "--optimizer sdg", "optimizer");
  refuses(workspace, 2, train + "--schedule stairs", "schedule");
  refuses(workspace, 2, train + "--augment mixup", "augmentation");
  refuses(workspace, 2, train + "--init zero", "init");
  refuses(workspace, 2, train + "--device tpu",
          std::string("the device is 'tpu', expected auto or ") + (residual::has_cuda() ? "cuda or cpu" : "cpu"));
  refuses(workspace, 2, train + "--optimizer adam --nesterov", "--nesterov belongs to --optimizer sgd, not to adam");
  refuses(workspace, 2, train + "--optimizer adam --momentum 0.9", "--momentum");
  refuses(workspace, 2, train + "--nesterov --momentum 0", "Nesterov");
  refuses(workspace, 2, train + "--schedule multistep", "milestones");
  refuses(workspace, 2, train + "--milestones 1,2", "--milestones belongs to --schedule multistep, not to cosine");
  refuses(workspace, 2, train + "--schedule multistep --milestones 1,x", "--milestones");
  refuses(workspace, 2, train + "--schedule multistep --milestones 1.5", "--milestones");
  refuses(workspace, 2, train + "--schedule multistep --milestones 5,2", "milestones");
  refuses(workspace, 2, train + "--step-epochs 3", "--step-epochs");
  refuses(workspace, 2, train + "--gamma 0.5", "--gamma");
  refuses(workspace, 2, train + "--mean 0.5,0.5,0.5", "std is missing");
  refuses(workspace, 2, train + "--mean 0.5 --std 0.5", "channels");
  refuses(workspace, 2, train + "--mean 0,0,0 --std 1,1,0", "std holds 0");
  refuses(workspace, 2, train + "--shortcut D", "shortcut");
  refuses(workspace, 2, train + "--preprocess imagnet", "imagenet-v2");
  refuses(workspace, 2, train + "--preprocess mnist --mean 0,0,0 --std 1,1,1", "omit mean and std");
  workspace.write("config.json", "{\"pretrained_cfg\": {\"crop_pct\": -1}}");
  refuses(workspace, 3, train + "--preprocess config.json", "'config.json': 'crop_pct'");
  EXPECT_FALSE(fs::exists(workspace / "run")) << "a run that is refused leaves nothing";
}

TEST(BadInput, NetworksThatDoNotExistOrDoNotFitAreUsageMistakes) {
  const Workspace workspace;
  refuses(workspace, 2, "summary resnet21", "residual models");
  refuses(workspace, 2, "summary resnet-50", "no model is called 'resnet-50'; the nearest name is 'resnet50'");
  refuses(workspace, 2, "models --family vggg", "--family is 'vggg', expected");
  refuses(workspace, 2, "completion tcsh", "the shell 'tcsh', expected bash, zsh or fish");
  refuses(workspace, 2, "summary resnet20 --shortcut X", "shortcut");
  refuses(workspace, 2, "summary plain20 --shortcut A", "plain");
  for (const char* value : {"0", "1", "-1"})
    refuses(workspace, 2, std::string("summary resnet20 --classes ") + value, "--classes");
  refuses(workspace, 2, "summary resnet20 --stem tiny", "the stem is 'tiny', expected small or published");
  refuses(workspace, 2, "summary resnet20 --norm layer", "normalization");
  refuses(workspace, 2, "summary resnet20 --stride-on-1x1", "bottleneck");
  refuses(workspace, 2, "summary vgg16 --block separable", "not a residual network");
  refuses(workspace, 2, "summary modern-densenet --input 1x28x28", "at least 32x32");
  workspace.write("bad.toml", "stages = [{ blocks = 1, widht = 8 }]");
  refuses(workspace, 3, "summary bad.toml", "'widht' is not known here");
  refuses(workspace, 3, "train --data shapes --model nothing.json --out run", "nothing.json");
  for (const char* input : {"3x32", "3x0x32", "2x32x32", "3x32x32x1", "axbxc", "3x99999x9", "3x-1x3"}) {
    refuses(workspace, 2, std::string("summary resnet20 --input ") + input, "--input");
  }
  refuses(workspace, 2, "train --data shapes --model plain20 --shortcut A --out run", "plain");
  refuses(workspace, 2, "train --data shapes --train-size 20 --test-size 10 --out run", "batch size");
  refuses(workspace, 2, "bench resnet20 --json --worker", "--worker");
  for (const char* value : {"-1e-6", "nan", "inf"}) {
    refuses(workspace, 2, std::string("verify a.pth b.pth --tolerance ") + value, "--tolerance");
  }
  refuses(workspace, 2, "eval " + program::tiny_model().string() + " --data shapes --split validation", "validation");
}

TEST(BadInput, WhatLooksLikeWeightsIsAFileAndNotANetworksName) {
  const Workspace workspace;
  workspace.write("hub/notes.txt", "no weights");
  workspace.write("resnet8/notes.txt", "a folder called like a network");
  for (const std::string command : {"summary ", "bench "}) {
    for (const std::string file : {"x.pth", "x.pt", "x.th", "x.onnx", "x.bin", "hub"})
      refuses(workspace, 3, command + file, "'" + file + "'");
  }
  EXPECT_EQ(workspace.run("summary resnet8").code, 0);
}

TEST(BadInput, CudaIsRefusedWithItsReason) {
  if (residual::has_cuda()) GTEST_SKIP() << "this build has the CUDA backend";
  const Workspace workspace;
  for (const char* command : {"train --data shapes", "bench resnet8", "summary resnet8"}) {
    refuses(workspace, 2, std::string(command) + " --device cuda", "no CUDA");
  }
}

TEST(BadInput, DataThatIsMissingOrNotUnderstoodIsABadFile) {
  const Workspace workspace;
  refuses(workspace, 3, "train --data nowhere --out run", "nowhere");
  workspace.write("empty/.keep", "");
  refuses(workspace, 3, "train --data empty --out run", "empty");
  workspace.write("file.txt", "hello");
  refuses(workspace, 3, "data info file.txt", "file.txt");
  workspace.write("mnist/train-images-idx3-ubyte", "");
  refuses(workspace, 3, "data info mnist", "train");
  workspace.write("cifar/data_batch_1.bin", std::string(3072, 'x'));
  refuses(workspace, 3, "data info cifar", "data_batch");
  EXPECT_FALSE(fs::exists(workspace / "run"));
}

TEST(BadInput, AFolderWithAnImageThatIsNoneIsRefusedByItsName) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out data/train/a --count 4").code, 0);
  ASSERT_EQ(workspace.run("data sample shapes --out data/train/b --count 4").code, 0);
  workspace.write("data/train/b/text.png", "no image at all");
  refuses(workspace, 3, "train --data data --model linear --batch-size 4 --out run", "text.png");
}

TEST(BadInput, ClassFoldersThatDifferBetweenTrainAndTestAreRefused) {
  const Workspace workspace;
  for (const char* folder : {"train/a", "train/b", "test/a", "test/b", "test/c"}) {
    ASSERT_EQ(workspace.run(std::string("data sample shapes --count 1 --out data/") + folder).code, 0);
  }
  refuses(workspace, 3, "data info data", "'c' is in test only");
}

TEST(BadInput, AModelIsNotEvaluatedOnDataOfOtherClasses) {
  const Workspace workspace;
  for (const char* folder : {"test/a", "test/b"}) {
    ASSERT_EQ(workspace.run(std::string("data sample shapes --count 2 --out data/") + folder).code, 0);
  }
  refuses(workspace, 2, "eval " + program::tiny_model().string() + " --data data", "classes");
}

TEST(BadInput, ImagesToPredictAreNamedWhenTheyAreBadAndTheOthersAreAnswered) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out . --count 1").code, 0);
  workspace.write("text.png", "no image");
  workspace.write("empty.jpg", "");
  workspace.write("cut.png", workspace.read("000-circle.png").substr(0, 200));
  // A PNG whose header declares 60,000 x 60,000 pixels.
  std::string bomb = workspace.read("000-circle.png");
  bomb.replace(16, 8, std::string("\x00\x00\xea\x60\x00\x00\xea\x60", 8));
  workspace.write("bomb.png", bomb);
  const std::string model = program::tiny_model().string();
  for (const char* name : {"text.png", "empty.jpg", "cut.png", "bomb.png", "nowhere.png"}) {
    refuses(workspace, 3, "predict " + model + " " + name, name);
  }
  const Outcome outcome = workspace.run("predict " + model + " text.png 000-circle.png");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, HasSubstr("000-circle.png\n"));
}

TEST(BadInput, AnImageTooLongToBeResizedIsNamedAndTheOthersAreAnswered) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out . --count 1").code, 0);
  residual::write_png(workspace / "long.png", {1, 1, 65536, std::vector<uint8_t>(65536)});
  workspace.write("steps.json", R"([{"step":"decode","channels":3},{"step":"divide","by":255},{"step":"resize","size":[8,8]}])");
  const Outcome outcome =
      workspace.run("predict " + program::tiny_model().string() + " long.png 000-circle.png --preprocess steps.json");
  expect_refused(outcome, 3, "'long.png': an image cannot be resized from 65536 x 1", "long.png");
  EXPECT_THAT(outcome.out, HasSubstr("000-circle.png\n"));
}

TEST(BadInput, AnImageOfOnePixelIsAnImage) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out . --count 1").code, 0);
  // 1x1 grey PNG.
  const std::string pixel(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x78\x9c\x63\x68\0\0\0\x82\0\x81"
      "\x77\xcd"
      "\x72\xb6\0\0\0\0IEND\xae\x42\x60\x82",
      67);
  workspace.write("pixel.png", pixel);
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " pixel.png");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(BadInput, AModelFileThatIsCutOrAlteredAnywhereIsABadFile) {
  const Workspace workspace;
  std::string bytes;
  {
    std::ifstream file(program::tiny_model(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    workspace.write("model.safetensors", std::string_view(bytes).substr(0, size));
    refuses(workspace, 3, "eval model.safetensors --data shapes", "model.safetensors");
  }
  for (const size_t place : {size_t{3}, size_t{40}, size_t{400}, bytes.size() / 2, bytes.size() - 2}) {
    std::string altered = bytes;
    altered[place] = static_cast<char>(altered[place] ^ 0x20);
    workspace.write("model.safetensors", altered);
    refuses(workspace, 3, "eval model.safetensors --data shapes", "model.safetensors");
  }
  refuses(workspace, 3, "summary nowhere.safetensors", "nowhere.safetensors");
  refuses(workspace, 3, "predict . x.png", "'.'");
}

TEST(BadInput, ACheckpointOfAnotherRunIsRefusedAndStays) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run")).code, 0);
  const std::string before = workspace.read("run/checkpoint.safetensors");
  refuses(workspace, 2, tiny_training("run") + " --resume --lr 0.5", "another run");
  EXPECT_TRUE(workspace.read("run/checkpoint.safetensors") == before);
}

TEST(BadInput, ADamagedCheckpointIsABadFileAndStays) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run")).code, 0);
  const std::string cut = workspace.read("run/checkpoint.safetensors").substr(0, 5000);
  workspace.write("run/checkpoint.safetensors", cut);
  refuses(workspace, 3, tiny_training("run") + " --resume", "checkpoint.safetensors");
  EXPECT_TRUE(workspace.read("run/checkpoint.safetensors") == cut);
}

TEST(BadInput, ALossThatIsNotFiniteEndsTrainingWithItsOwnCodeAndKeepsTheCheckpoint) {
  const Workspace workspace;
  const Outcome outcome = workspace.run(tiny_training("run", 3) + " --lr 1e30 --warmup 0");
  expect_refused(outcome, 4, "learning rate", "lr 1e30");
  EXPECT_TRUE(fs::exists(workspace / "run/checkpoint.safetensors"));
  EXPECT_THAT(program::partial_files(workspace.path()), testing::IsEmpty());
}

TEST(BadInput, AnOutputFolderThatCannotBeMadeOrWrittenIsAResourceProblem) {
  const Workspace workspace;
  workspace.write("file", "");
  refuses(workspace, 5, tiny_training("file/run"), "file/run");
  refuses(workspace, 5, tiny_training("file"), "file");
  refuses(workspace, 5, tiny_training("/proc/residual"), "/proc/residual");
}

TEST(BadInput, ADiskThatFillsUpWhileSavingIsAResourceProblemAndTheCheckpointBeforeStays) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run", 1)).code, 0);
  const std::string before = workspace.read("run/checkpoint.safetensors");
  // No file may grow beyond 100 KiB: the checkpoint does.
  const Outcome outcome = workspace.run(
      "train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 --batch-size 16 "
      "--threads 1 --epochs 1 --out run --seed 1",
      "ulimit -f 100;");
  expect_refused(outcome, 5, "cannot write", "ulimit -f");
  EXPECT_TRUE(workspace.read("run/checkpoint.safetensors") == before);
  EXPECT_THAT(program::partial_files(workspace.path()), testing::IsEmpty());
}

TEST(BadInput, MemoryThatIsNotThereIsAResourceProblem) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take more address space than the limit of this test";
#endif
  const Outcome outcome =
      Workspace().run("bench resnet20 --input 3x1024x1024 --batch-size 4096 --threads 1 --json", "ulimit -v 4000000;");
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: "));
}

}  // namespace
