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
    const std::string command = "cd '" + folder_.path().string() + "' && '" RESIDUAL_PROGRAM "' " + arguments + " >out.txt";
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

TEST_F(SameAsProgram, ManyImageFilesGetTheSamePredictions) {
  Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255", .seed = 3}).save(folder_ / "model.safetensors");
  run("data sample shapes --count 70 --out images");
  run("data sample shapes --count 2 --out images/deep");
  std::ofstream(folder_ / "images/broken.jpg") << "<html>";
  std::ofstream(folder_ / "images/notes.txt") << "no image";
  std::ofstream(folder_ / "images/._000.png") << "hidden";
  const std::string command = "cd '" + folder_.path().string() +
                              "' && '" RESIDUAL_PROGRAM "' predict model.safetensors images --top 3 " +
                              "--json --threads 1 >out.json 2>err.txt";
  EXPECT_EQ(std::system(command.c_str()) >> 8, 3) << "one image is broken";
  const auto expected = nlohmann::json::parse(contents(folder_ / "out.json"));

  const std::filesystem::path folder = folder_ / "images";
  const FoundImages found = find_images({&folder, 1});
  ASSERT_EQ(found.images.size(), 73U);
  EXPECT_EQ(found.others, std::vector{folder_ / "images/notes.txt"});
  EXPECT_EQ(found.hidden, 1);
  size_t next = 0;
  Model::load(folder_ / "model.safetensors")
      .predict_files(found.images,
                     [&](const FilePrediction& result) {
                       const auto& program = expected.at(next);
                       EXPECT_EQ(result.file, folder_ / program.at("image").get<std::string>());
                       EXPECT_EQ(result.file, found.images[next++]);
                       EXPECT_EQ(result.error.empty(), program.contains("predictions")) << result.error;
                       for (size_t i = 0; i < result.predictions.size(); ++i) {
                         EXPECT_EQ(result.predictions[i].index, program["predictions"][i]["index"]);
                         EXPECT_EQ(result.predictions[i].probability, program["predictions"][i]["probability"]);
                       }
                     },
                     {.top = 3, .threads = 1});
  EXPECT_EQ(next, 73U);
  EXPECT_EQ(expected.size(), 74U) << "the images, and a file that is none";
}

TEST_F(SameAsProgram, ManyImageFilesEndWhenTheCallerSaysSo) {
  const Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255"});
  const std::vector<std::filesystem::path> files(500, "/nowhere.png");
  int seen = 0;
  try {
    model.predict_files(files, [&](const FilePrediction&) { ++seen; }, {.stop = [&] { return seen == 3; }});
    ADD_FAILURE() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  EXPECT_EQ(seen, 3);
  EXPECT_THROW(model.predict_files(files, [](const FilePrediction&) {}, {.top = 0}), Error);
  EXPECT_THROW(model.predict_files(files, [](const FilePrediction&) {}, {.loader_threads = 0}), Error);
  const std::filesystem::path folder = folder_.path();
  EXPECT_THROW(find_images({&folder, 1}), Error) << "it holds no image";
}

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
  options.augmentation = "flip";
  options.out = folder_ / "library";
  Model::load(folder_ / "start.safetensors").train(shapes(), options);
  expect_same("last.safetensors");
  const auto identity = [&](const char* run) {
    return io::read_safetensors(folder_ / run / "checkpoint.safetensors").metadata.at("residual.identity");
  };
  EXPECT_EQ(identity("library"), identity("program"));
  EXPECT_THAT(identity("library"), testing::HasSubstr("\"pretrained\":\"resnet8 "));
}

TEST_F(SameAsProgram, TrainingWithGivenMeansWritesTheSameModel) {
  run(std::string("train --quiet --model resnet8 --input 3x8x8 --epochs 1 --batch-size 16 --threads 1 --mean 0.5,0.4,0.3 "
                  "--std 0.2,0.2,0.1 --init torch --shortcut B --out program") +
      kShapes);
  BuildOptions build;
  build.input = {3, 8, 8};
  build.network.shortcut = Shortcut::kB;
  build.mean = {0.5F, 0.4F, 0.3F};
  build.std = {0.2F, 0.2F, 0.1F};
  build.initialisation = Initialisation::kTorch;
  TrainingOptions options;
  options.epochs = 1;
  options.batch_size = 16;
  options.threads = 1;
  options.out = folder_ / "library";
  Model::build("resnet8", build).train(shapes(), options);
  expect_same("best.safetensors");
}

TEST_F(SameAsProgram, EvaluationGivesTheSameFiguresInOneAndInTenCrops) {
  folder_.write("steps.json", R"([{"step":"decode","channels":3},{"step":"resize_shorter","size":10,"filter":"bilinear"},)"
                              R"({"step":"center_crop","size":[8,8]},{"step":"divide","by":255}])");
  const Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = (folder_ / "steps.json").string()});
  model.save(folder_ / "model.safetensors");
  double one = 0;
  for (const int64_t crops : {1, 10}) {
    const nlohmann::json program = run_json("eval model.safetensors --threads 1 --crops " + std::to_string(crops) + kShapes);
    const Evaluation library = model.evaluate(shapes(), {.threads = 1, .crops = crops});
    EXPECT_EQ(program["images"], library.images);
    EXPECT_EQ(program["correct"], library.correct);
    EXPECT_EQ(program["loss"], library.loss);
    EXPECT_NE(library.loss, one) << "ten crops say something else than one";
    one = library.loss;
  }
  EXPECT_THROW(model.evaluate(shapes(), {.crops = 3}), Error);
}

// A JPEG file of 37 x 29 pixels whose Exif data say that its right side is up.
std::string turned_jpeg() {
  static constexpr char kExif[] =
      "\xFF\xE1\0\x22"
      "Exif\0\0II*\0"
      "\x8\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0";
  const std::string bytes = contents(std::filesystem::path(RESIDUAL_SOURCE_DIR) / "tests/data/golden/jpeg_420.jpg");
  return bytes.substr(0, 2) + std::string(kExif, sizeof kExif - 1) + bytes.substr(2);
}

TEST_F(SameAsProgram, PredictionTurnsImagesUprightAndNamesClasses) {
  folder_.write("turned.jpg", turned_jpeg());
  folder_.write("names", "n0\nn1\nn2\nn3\nn4\nn5\nn6\nn7\nn8\nn9\n");
  const Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255", .seed = 5});
  model.save(folder_ / "model.safetensors");
  const Model named = Model::load(folder_ / "model.safetensors", {.labels = read_labels(folder_ / "names")});
  for (const bool upright : {false, true}) {
    const nlohmann::json program =
        run_json(std::string("predict model.safetensors turned.jpg --labels names --threads 1 --top 3") +
                 (upright ? " --exif-orientation" : ""))[0]["predictions"];
    Predictor predictor = named.predictor({.threads = 1, .exif_orientation = upright});
    const std::vector<Prediction> library = predictor.predict(folder_ / "turned.jpg", 3);
    ASSERT_EQ(library.size(), 3U);
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(program[i]["class"], library[i].label);
      EXPECT_EQ(program[i]["probability"], library[i].probability);
    }
  }
  EXPECT_NE(named.predictor({.exif_orientation = true}).predict(folder_ / "turned.jpg").front().probability,
            named.predict(folder_ / "turned.jpg").front().probability);
}

// A model that learned from upright images is measured on upright ones, however the data set was opened.
TEST_F(SameAsProgram, EvaluationTurnsFoldersUprightWhereTheModelWasTrainedSo) {
  for (const char* name : {"data/train/a/1.jpg", "data/train/b/2.jpg", "data/test/a/3.jpg", "data/test/b/4.jpg"}) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    folder_.write(name, turned_jpeg());
  }
  const std::string folder = (folder_ / "data").string();
  const Dataset upright = Dataset::open(folder, {.exif_orientation = true}), as_stored = Dataset::open(folder);
  Model model = Model::build("resnet8", {.input = {3, 16, 16}, .classes = 2});
  TrainingOptions options;
  options.epochs = 1;
  options.batch_size = 2;
  options.threads = 1;
  model.train(upright, options);
  model.save(folder_ / "model.safetensors");
  const double loss = model.evaluate(upright, {.threads = 1}).loss;
  EXPECT_EQ(model.evaluate(as_stored, {.threads = 1}).loss, loss);
  EXPECT_EQ(run_json("eval model.safetensors --data data --threads 1")["loss"], loss);
}

}  // namespace
