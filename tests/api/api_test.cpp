// The public interface, used as a user uses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <residual/residual.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "io/torch/torch_file.h"
#include "support/surroundings.h"

namespace {

using namespace residual;

class Api : public testing::Test {
 protected:
  Api() {
    ::setenv("RESIDUAL_CACHE_DIR", folder_.path().c_str(), 1);
    ::setenv("RESIDUAL_TUNE", "0", 1);
  }

  static Dataset tiny_data() { return Dataset::open("shapes", {.train_size = 96, .test_size = 40, .shape = {3, 8, 8}}); }
  static TrainingOptions tiny_training() {
    TrainingOptions options;
    options.epochs = 2;
    options.batch_size = 16;
    options.threads = 1;
    return options;
  }

  const support::TemporaryFolder folder_;
};

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::kOther;
}

TEST_F(Api, AModelIsBuiltTrainedEvaluatedSavedLoadedAndSaysTheSame) {
  const Dataset data = tiny_data();
  Model model = Model::build("resnet8", data);
  EXPECT_EQ(model.classes(), 10);
  EXPECT_EQ(model.input(), (ImageShape{3, 8, 8}));
  const TrainingResult result = model.train(data, tiny_training());
  EXPECT_EQ(result.epochs.size(), 2U);
  EXPECT_EQ(result.selected_on, "test");
  EXPECT_EQ(model.labels(), data.classes());
  const Evaluation evaluation = model.evaluate(data);
  EXPECT_EQ(evaluation.images, 40);
  EXPECT_FLOAT_EQ(evaluation.top1(), result.epochs[static_cast<size_t>(result.best_epoch - 1)].held_out_top1);

  model.save(folder_ / "model.safetensors");
  Model again = Model::load(folder_ / "model.safetensors");
  const std::vector<uint8_t> pixels(static_cast<size_t>(3 * 8 * 8), 77);
  const auto first = model.predict(ImageView{pixels, {3, 8, 8}}, 10), second = again.predict(ImageView{pixels, {3, 8, 8}}, 10);
  ASSERT_EQ(first.size(), 10U);
  double sum = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].label, second[i].label);
    EXPECT_EQ(first[i].probability, second[i].probability);
    sum += first[i].probability;
  }
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST_F(Api, CallbacksTellEachStepAndEachEpoch) {
  TrainingOptions options = tiny_training();
  int steps = 0, evaluations = 0;
  std::vector<int64_t> epochs;
  options.on_progress = [&](const Progress& now) { now.evaluating ? ++evaluations : ++steps; };
  options.on_epoch = [&](const Epoch& epoch) {
    epochs.push_back(epoch.number);
    EXPECT_TRUE(std::isfinite(epoch.train_loss) && std::isfinite(epoch.held_out_loss));
  };
  Model::build("resnet8", tiny_data()).train(tiny_data(), options);
  EXPECT_EQ(steps, 2 * 96 / 16);
  EXPECT_GT(evaluations, 0);
  EXPECT_THAT(epochs, testing::ElementsAre(1, 2));
}

TEST_F(Api, ARunWithAFolderIsStoppedAndGoesOnToTheSameEnd) {
  const Dataset data = tiny_data();
  TrainingOptions options = tiny_training();
  options.out = folder_ / "whole";
  Model whole = Model::build("resnet8", data);
  whole.train(data, options);

  options.out = folder_ / "run";
  int steps = 0;
  options.on_progress = [&](const Progress&) { ++steps; };
  options.stop = [&] { return steps == 3; };
  Model model = Model::build("resnet8", data);
  EXPECT_EQ(kind_of([&] { model.train(data, options); }), ErrorKind::kInterrupted);
  options.stop = nullptr;
  options.resume = true;
  model.train(data, options);
  EXPECT_EQ(model.evaluate(data).loss, whole.evaluate(data).loss);
}

TEST_F(Api, ARunIsNotResumedFromAnotherStartingModel) {
  const Dataset data = tiny_data();
  const auto built = [](uint64_t seed, Initialisation initialisation = Initialisation::kHe) {
    BuildOptions build;
    build.input = {3, 8, 8};
    build.seed = seed;
    build.initialisation = initialisation;
    return Model::build("resnet8", build);
  };
  TrainingOptions options = tiny_training();
  options.out = folder_ / "run";
  int steps = 0;
  options.on_progress = [&](const Progress&) { ++steps; };
  options.stop = [&] { return steps == 3; };
  EXPECT_EQ(kind_of([&] { built(7).train(data, options); }), ErrorKind::kInterrupted);
  options.stop = nullptr;
  options.resume = true;
  EXPECT_EQ(kind_of([&] { built(8).train(data, options); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { built(0).train(data, options); }), ErrorKind::kUsage) << "what the run itself would draw";
  EXPECT_EQ(kind_of([&] { built(7, Initialisation::kTorch).train(data, options); }), ErrorKind::kUsage);
  EXPECT_EQ(built(7).train(data, options).epochs.size(), 2U);
}

TEST_F(Api, TrainingGoesOnFromTheWeightsThatAModelHas) {
  const Dataset data = tiny_data();
  Model model = Model::build("resnet8", data);
  TrainingOptions options = tiny_training();
  options.epochs = 6;
  options.augmentation = "none";
  const double first = model.train(data, options).epochs.front().train_loss;
  options.learning_rate = 1e-6;
  options.epochs = 1;
  EXPECT_LT(model.train(data, options).epochs.front().train_loss, first);
}

TEST_F(Api, AModelIsAdaptedToOtherClassesAndOnlyWhatIsNotFrozenLearns) {
  const Dataset data = tiny_data();
  BuildOptions build;
  build.input = {3, 8, 8};
  build.classes = 4;
  const Model model = Model::build("resnet8", build);
  Model adapted = model.adapted_to(data);
  EXPECT_EQ(adapted.classes(), 10);
  EXPECT_EQ(adapted.labels(), data.classes());
  EXPECT_EQ(model.classes(), 4);
  TrainingOptions options = tiny_training();
  options.freeze = {"stem", "layer1", "layer2", "layer3"};
  options.learning_rate = 0.005;
  options.head_learning_rate_scale = 2;
  options.epochs = 6;
  options.augmentation = "none";
  const std::vector<Epoch> epochs = adapted.train(data, options).epochs;
  EXPECT_LT(epochs.back().train_loss, epochs.front().train_loss);
  options.freeze = {"layer9"};
  EXPECT_EQ(kind_of([&] { adapted.train(data, options); }), ErrorKind::kUsage);
}

TEST_F(Api, ANetworkIsVariedByChoicesAndDescribedInAFile) {
  BuildOptions options;
  options.network.shortcut = Shortcut::kB;
  options.network.block = BlockChoice::kSeparable;
  const int64_t varied = Model::build("resnet20", options).summary().parameters;
  EXPECT_LT(varied, Model::build("resnet20").summary().parameters);
  EXPECT_EQ(kind_of([&] { Model::build("vgg16", options); }), ErrorKind::kUsage);
  folder_.write("mine.toml",
                "stages = [{ blocks = 1, width = 8 }]\n[stem]\nconvolutions = [{ channels = 8, kernel = 3, stride = 1 }]\n");
  const Model described = Model::build((folder_ / "mine.toml").string());
  EXPECT_EQ(described.name(), "mine");
  described.save(folder_ / "mine.safetensors");
  EXPECT_EQ(Model::load(folder_ / "mine.safetensors").summary().parameters, described.summary().parameters);
}

TEST_F(Api, WeightsGoToOtherProgramsAndComeBack) {
  Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255"});
  const std::vector<uint8_t> pixels(3 * 8 * 8, 200);
  const ImageView image{pixels, {3, 8, 8}};
  const double expected = model.predict(image, 1).front().probability;
  for (const char* name : {"model.pth", "model.onnx", "model.safetensors"}) model.save(folder_ / name);
  EXPECT_EQ(kind_of([&] { model.save(folder_ / "model.txt"); }), ErrorKind::kUsage);

  EXPECT_NEAR(Model::load(folder_ / "model.safetensors").predict(image, 1).front().probability, expected, 1e-6);
  EXPECT_NEAR(Model::load(folder_ / "model.onnx").predict(image, 1).front().probability, expected, 1e-5);
  EXPECT_NEAR(Model::load(folder_ / "model.pth").predict(image, 1).front().probability, expected, 1e-6);
  // As PyTorch writes it: a state_dict says neither the size of images nor how they are prepared.
  const io::TorchFile file = io::read_torch(folder_ / "model.pth");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  io::write_torch(folder_ / "model.pth", io::views_of(file.tensors), names);
  const LoadOptions options{.name = "resnet8", .preprocessing = "imagenet-norm"};
  EXPECT_EQ(Model::load(folder_ / "model.pth", options).summary().parameters, model.summary().parameters);
  const Model larger = Model::load(folder_ / "model.pth", {.input = ImageShape{3, 40, 40}, .preprocessing = "cifar10"});
  EXPECT_EQ(larger.input().height, 40);
  EXPECT_EQ(kind_of([&] { Model::load(folder_ / "model.pth", {.input = ImageShape{2, 40, 40}}); }), ErrorKind::kUsage);
  Model unprepared = Model::load(folder_ / "model.pth");
  EXPECT_EQ(kind_of([&] { unprepared.predict(image, 1); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { unprepared.evaluate(tiny_data()); }), ErrorKind::kUsage);
  unprepared.save(folder_ / "unprepared.safetensors");
  Model still_unprepared = Model::load(folder_ / "unprepared.safetensors");
  EXPECT_EQ(kind_of([&] { still_unprepared.predict(image, 1); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { Model::load(folder_ / "model.pth", {.name = "resnet14"}); }), ErrorKind::kBadFile);
  EXPECT_EQ(kind_of([&] { Model::load(folder_ / "model.pth", {.network = {.shortcut = Shortcut::kC}}); }), ErrorKind::kBadFile);
}

TEST_F(Api, AModelIsMovedAndNotCopied) {
  Model model = Model::build("linear", {.input = {1, 4, 4}, .classes = 3});
  Model other = std::move(model);
  EXPECT_EQ(other.summary().parameters, 4 * 4 * 3 + 3);
  static_assert(!std::is_copy_constructible_v<Model> && std::is_nothrow_move_constructible_v<Model>);
  static_assert(!std::is_copy_constructible_v<Dataset> && std::is_nothrow_move_constructible_v<Dataset>);
}

TEST_F(Api, NetworksOfTheListAreBuiltForAnyNumberOfClasses) {
  const std::vector<std::string> names = model_names();
  for (const char* name : {"resnet20", "plain20", "resnet56", "linear"}) {
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
    EXPECT_EQ(Model::build(name, {.input = {3, 32, 32}, .classes = 5}).classes(), 5) << name;
  }
}

TEST_F(Api, TheSameSeedGivesTheSameWeights) {
  const std::vector<uint8_t> pixels(static_cast<size_t>(3 * 32 * 32), 99);
  const auto probability = [&](uint64_t seed) {
    return Model::build("resnet8", {.seed = seed}).predict(ImageView{pixels, {3, 32, 32}}, 1).front().probability;
  };
  EXPECT_EQ(probability(1), probability(1));
  EXPECT_NE(probability(1), probability(2));
}

TEST_F(Api, EveryOptimizerAndScheduleTrainsWithSettingsOfItsOwn) {
  const Dataset data = tiny_data();
  TrainingOptions options = tiny_training();
  options.epochs = 1;
  const auto train = [&] { return Model::build("linear", data).train(data, options).epochs.size(); };
  options.momentum = 0.8;
  options.nesterov = true;
  EXPECT_EQ(train(), 1U);
  options.momentum.reset();
  options.nesterov = false;
  options.beta1 = 0.8;
  for (const Optimizer optimizer : {Optimizer::kAdam, Optimizer::kAdamW}) {
    options.optimizer = optimizer;
    EXPECT_EQ(train(), 1U);
  }
  options.clip_grad_norm = 1;
  options.ema_decay = 0.9;
  options.decay_norm_and_bias = false;
  for (const Schedule schedule : {Schedule::kConstant, Schedule::kStep, Schedule::kMultistep, Schedule::kCosine}) {
    options.schedule = schedule;
    options.step_epochs = schedule == Schedule::kStep ? std::optional<int64_t>(1) : std::nullopt;
    options.milestones = schedule == Schedule::kMultistep ? std::vector<int64_t>{1} : std::vector<int64_t>();
    EXPECT_EQ(train(), 1U);
  }
  options.gamma = 0.5;  // cosine has none
  EXPECT_EQ(kind_of(train), ErrorKind::kUsage);
}

TEST_F(Api, MistakesAreErrorsOfTheirKind) {
  EXPECT_EQ(kind_of([] { Model::build("resnet21"); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([] { Model::build("resnet20", {.input = {2, 32, 32}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([] { Model::build("resnet20", {.classes = 1}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([] { Dataset::open("/nowhere"); }), ErrorKind::kBadFile);
  EXPECT_EQ(kind_of([] { Dataset::open("shapes", {.val_split = 2}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([] { Model::load("/nowhere.safetensors"); }), ErrorKind::kBadFile);
  Model model = Model::build("linear", {.input = {3, 8, 8}});
  EXPECT_EQ(kind_of([&] { model.predict("/nowhere.png"); }), ErrorKind::kBadFile);
  EXPECT_EQ(kind_of([&] { model.predict_encoded({}); }), ErrorKind::kBadFile);
  EXPECT_EQ(kind_of([&] { model.predict(ImageView{std::span<const uint8_t>(), {3, 8, 8}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { model.evaluate(tiny_data(), {.split = "validation"}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { model.save("/proc/residual/model.safetensors"); }), ErrorKind::kResource);
  TrainingOptions options = tiny_training();
  options.optimizer = Optimizer::kAdam;
  options.momentum = 0.9;
  EXPECT_EQ(kind_of([&] { model.train(tiny_data(), options); }), ErrorKind::kUsage);
}

TEST_F(Api, AnImageFileAndItsBytesAndItsPixelsGiveTheSame) {
  const std::string command =
      "'" RESIDUAL_PROGRAM "' data sample shapes --count 1 --out '" + folder_.path().string() + "' >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::filesystem::path file = folder_ / "000-circle.png";
  std::ifstream stream(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  Model model = Model::build("resnet8");
  const Prediction a = model.predict(file).front(), b = model.predict_encoded(std::as_bytes(std::span(text))).front();
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.probability, b.probability);
}

TEST_F(Api, AModelGoesThroughBytesUnchanged) {
  const Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255"});
  model.save(folder_ / "model.safetensors");
  std::vector<std::byte> bytes = model.to_bytes();
  std::ifstream stream(folder_ / "model.safetensors", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_TRUE(std::ranges::equal(bytes, std::as_bytes(std::span(file))));
  const Model again = Model::load(bytes);
  const std::vector<uint8_t> pixels(3 * 8 * 8, 77);
  const ImageView image(pixels, {3, 8, 8});
  EXPECT_EQ(again.predict(image, 1).front().probability, model.predict(image, 1).front().probability);
  EXPECT_EQ(Model::load(bytes, {.labels = std::vector<std::string>(10, "class")}).labels().size(), 10U);
  EXPECT_EQ(kind_of([&] { Model::load(bytes, {.labels = {"too", "few"}}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { Model::load(bytes, {.name = "resnet14"}); }), ErrorKind::kUsage);
  bytes[bytes.size() - 5] ^= std::byte{0x40};
  EXPECT_EQ(kind_of([&] { Model::load(bytes); }), ErrorKind::kBadFile);
  bytes.resize(bytes.size() / 2);
  EXPECT_EQ(kind_of([&] { Model::load(bytes); }), ErrorKind::kBadFile);
}

TEST_F(Api, DataSetsComeFromMemory) {
  std::vector<std::vector<uint8_t>> pixels;
  std::vector<int64_t> labels;
  for (size_t i = 0; i < 40; ++i) {
    labels.push_back(static_cast<int64_t>(i % 2));
    pixels.emplace_back(8 * 8, static_cast<uint8_t>(i % 2 == 0 ? 20 + i : 200 + i));
  }
  std::vector<ImageView> images;
  for (const auto& image : pixels) images.emplace_back(image, ImageShape{1, 8, 8});
  const Dataset data = Dataset::from_memory(images, labels, {"dark", "bright"}, {.val_split = 0.25});
  EXPECT_EQ(data.size("train"), 30);
  EXPECT_EQ(data.size("validation"), 10);
  EXPECT_EQ(data.size("test"), 0);
  EXPECT_EQ(data.image_shape(), (ImageShape{1, 8, 8}));
  Model model = Model::build("resnet8", data);
  TrainingOptions options = tiny_training();
  options.epochs = 8;
  model.train(data, options);
  EXPECT_EQ(model.labels(), data.classes());
  const Dataset test = Dataset::from_memory({}, {images, labels}, {"bright", "dark"});
  EXPECT_EQ(test.size("test"), 40);
  std::vector<int64_t> swapped;
  for (const int64_t label : labels) swapped.push_back(1 - label);
  const Dataset renumbered = Dataset::from_memory({}, {images, swapped}, {"bright", "dark"});
  EXPECT_EQ(model.evaluate(renumbered).correct, model.evaluate(Dataset::from_memory(images, labels, {"dark", "bright"})).correct);
  labels[3] = 2;
  EXPECT_EQ(kind_of([&] { Dataset::from_memory(images, labels, {"dark", "bright"}); }), ErrorKind::kUsage);
  EXPECT_EQ(kind_of([&] { Dataset::from_memory(std::span<const ImageView>(), {}, {"dark", "bright"}); }), ErrorKind::kUsage);
}

}  // namespace
