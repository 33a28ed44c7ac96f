// The library and the program take the same decisions: the same options give the same bytes and the same figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <residual/residual.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "io/safetensors/safetensors.h"
#include "support/surroundings.h"

namespace {

using namespace residual;

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class SameAsProgram : public testing::Test {
 protected:
  SameAsProgram() {
    ::setenv("RESIDUAL_CACHE_DIR", folder_.path().c_str(), 1);
    ::setenv("RESIDUAL_TUNE", "0", 1);
  }

  // What the program prints; it must succeed.
  std::string run(const std::string& arguments) const {
    const std::filesystem::path out = folder_ / "out.txt";
    const std::string command = "cd " + folder_.path().string() + " && " RESIDUAL_PROGRAM " " + arguments + " >" + out.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return contents(out);
  }
  nlohmann::json run_json(const std::string& arguments) const { return nlohmann::json::parse(run(arguments + " --json")); }

  // A file that both have written, in folders of these names.
  void expect_same(const std::string& file) const {
    EXPECT_TRUE(contents(folder_ / "library" / file) == contents(folder_ / "program" / file)) << file << " differs";
  }

  static Dataset shapes() { return Dataset::open("shapes", {.train_size = 96, .test_size = 40, .shape = {3, 8, 8}}); }
  static constexpr const char* kShapes = " --data shapes --train-size 96 --test-size 40 ";

  const support::TemporaryFolder folder_;
};

TEST_F(SameAsProgram, TrainingFromDrawnWeightsWritesTheSameModel) {
  run(std::string("train --quiet --model resnet8 --input 3x8x8 --epochs 2 --batch-size 16 --threads 1 --out program") + kShapes);
  TrainingOptions options;
  options.epochs = 2;
  options.batch_size = 16;
  options.threads = 1;
  options.out = folder_ / "library";
  const Dataset data = shapes();
  Model::build("resnet8", data).train(data, options);
  expect_same("best.safetensors");
  expect_same("metrics.jsonl");
}

TEST_F(SameAsProgram, TrainingFromPretrainedWeightsWritesTheSameModel) {
  Model::build("resnet8", shapes()).save(folder_ / "start.safetensors");
  run(std::string(
          "train --quiet --pretrained start.safetensors --input 3x8x8 --epochs 1 --batch-size 16 --threads 1 --freeze stem "
          "--optimizer adam --schedule constant --augment flip --out program") +
      kShapes);
  TrainingOptions options;
  options.epochs = 1;
  options.batch_size = 16;
  options.threads = 1;
  options.freeze = {"stem"};
  options.optimizer = Optimizer::kAdam;
  options.schedule = Schedule::kConstant;
  options.augmentation = AugmentationPreset::kFlip;
  options.out = folder_ / "library";
  Model::load(folder_ / "start.safetensors").train(shapes(), options);
  expect_same("last.safetensors");
  const auto identity = [&](const char* run) {
    return io::read_safetensors(folder_ / run / "checkpoint.safetensors").metadata.at("residual.identity");
  };
  EXPECT_EQ(identity("library"), identity("program"));
  EXPECT_THAT(identity("library"), testing::HasSubstr("\"pretrained\":\"resnet8 "));
}

}  // namespace
