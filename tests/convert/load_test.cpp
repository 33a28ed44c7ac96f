#include "convert/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "convert/models.h"
#include "convert/save.h"
#include "core/log.h"
#include "core/system/file.h"
#include "core/tensor/floating.h"
#include "io/samples.h"
#include "io/torch/torch_file.h"
#include "models/table.h"

namespace residual::convert {

namespace fs = std::filesystem;

namespace {

using io::error_of;
using io::mentions;
using io::TemporaryFolder;

void expect_same_weights(const eval::Model& found, const eval::Model& expected) {
  ASSERT_EQ(found.state.tensors().size(), expected.state.tensors().size());
  for (const auto& [name, tensor] : expected.state.tensors()) {
    const Tensor& other = found.state.at(name);
    ASSERT_EQ(other.shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(other.data(), tensor.data(), tensor.bytes()), 0) << name;
  }
}

TEST(Load, WhatIsSavedForPyTorchComesBackBitForBit) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  save(folder / "model.pth", model);
  const LoadedModel loaded = load(folder / "model.pth");
  EXPECT_EQ(loaded.kind, FileKind::kTorch);
  EXPECT_TRUE(loaded.model.preprocessing_known);
  EXPECT_EQ(loaded.model.preprocessing, model.preprocessing);
  EXPECT_EQ(loaded.model.architecture.model, "resnet8");
  EXPECT_EQ(loaded.model.architecture.classes, 5);
  expect_same_weights(loaded.model, model);
}

TEST(Load, OurModelFileKeepsItsPreprocessing) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  save(folder / "model.safetensors", model);
  const LoadedModel loaded = load(folder / "model.safetensors");
  EXPECT_EQ(loaded.kind, FileKind::kModel);
  EXPECT_TRUE(loaded.model.preprocessing_known);
  EXPECT_EQ(loaded.model.preprocessing, model.preprocessing);
  expect_same_weights(loaded.model, model);
}

TEST(Load, OurModelFileIsRefusedWhereAnotherNetworkIsNamed) {
  const TemporaryFolder folder;
  const fs::path file = folder / "model.safetensors";
  save(file, some_model());
  LoadOptions options{.architecture = some_model().architecture, .input = {}, .preprocessing = {}};
  options.architecture->shortcut = models::Shortcut::kA;  // resnet8's own
  EXPECT_NO_THROW(load(file, options));
  options.architecture->shortcut = models::Shortcut::kC;
  EXPECT_EQ(error_of([&] { load(file, options); }).kind(), ErrorKind::kUsage);
}

TEST(Load, WhatNoTensorTellsComesBackFromOurOwnPyTorchFiles) {
  const TemporaryFolder folder;
  eval::Model model = some_model("plain8");
  model.labels = {"a", "b", "c", "d", "e"};
  save(folder / "plain.pth", model);
  const LoadedModel loaded = load(folder / "plain.pth");
  EXPECT_EQ(loaded.model.architecture.to_json(), model.architecture.to_json());
  EXPECT_EQ(loaded.model.labels, model.labels);
  // As PyTorch would write it again: the tensors alone, which are those of a residual network too.
  const io::TorchFile file = io::read_torch(folder / "plain.pth");
  io::write_torch(folder / "bare.pth", io::views_of(file.tensors), state_dict_of(model).order);
  const LoadedModel bare = load(folder / "bare.pth");
  EXPECT_FALSE(bare.model.preprocessing_known);
  EXPECT_EQ(bare.model.architecture.model, "resnet8");
  EXPECT_EQ(bare.model.architecture.input, (Shape{3, 32, 32}));
  EXPECT_EQ(load(folder / "bare.pth", {.architecture = {}, .input = Shape{3, 8, 8}}).model.architecture.input, (Shape{3, 8, 8}));
}

TEST(Load, WeightsAloneOfADepthAndWidthThatNoTableLists) {
  const TemporaryFolder folder;
  for (const std::string name : {"wrn-10-2", "densenet-bc-22-k6"}) {
    const eval::Model model = some_model(name);
    const StateDict weights = state_dict_of(model);
    io::write_torch(folder / "bare.pth", weights.tensors, weights.order);
    const LoadedModel loaded = load(folder / "bare.pth");
    EXPECT_EQ(loaded.model.architecture.model, name);
    EXPECT_EQ(loaded.model.architecture.classes, 5);
    expect_same_weights(loaded.model, model);
  }
}

TEST(Load, NoFileSaysHowImagesArePreparedWhereNobodySaidIt) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  model.labels = {"a", "b", "c", "d", "e"};
  model.preprocessing_known = false;
  LoadOptions said;
  said.preprocessing = "cifar10";
  for (const char* name : {"m.safetensors", "m.pth", "m.onnx"}) {
    save(folder / name, model);
    const LoadedModel loaded = load(folder / name);
    EXPECT_FALSE(loaded.model.preprocessing_known) << name;
    EXPECT_EQ(loaded.model.labels, model.labels) << name;
    EXPECT_EQ(loaded.model.extra, model.extra) << name;
    EXPECT_TRUE(load(folder / name, said).model.preprocessing_known) << name;
  }
}

TEST(Load, AFolderWhoseWeightsAreNoFileIsRefused) {
  const TemporaryFolder folder;
  folder.write("hub/config.json", "{}");
  fs::create_directory_symlink(folder / "hub", folder / "hub/model.safetensors");
  EXPECT_EQ(error_of([&] { load(folder / "hub"); }).kind(), ErrorKind::kBadFile);
  fs::remove(folder / "hub/model.safetensors");
  save(folder / "hub/model.safetensors", some_model());
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "hub"); }), "model.safetensors' is a model file of residual"));
}

TEST(Load, ThePreprocessingThatIsGivenDecidesTheInput) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  save(folder / "model.pth", model);
  LoadOptions options;
  const auto expect_input = [&](const std::string& preprocessing, const std::optional<Shape>& input, const Shape& expected) {
    options.preprocessing = preprocessing;
    options.input = input;
    const LoadedModel loaded = load(folder / "model.pth", options);
    EXPECT_TRUE(loaded.model.preprocessing_known);
    EXPECT_EQ(loaded.model.architecture.input, expected);
  };
  expect_input("cifar10", {}, Shape{3, 8, 8});
  expect_input("imagenet", {}, Shape{3, 224, 224});
  expect_input("imagenet", Shape{3, 16, 16}, Shape{3, 16, 16});
  options.preprocessing = "mnist";
  options.input = Shape{1, 8, 8};
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "model.pth", options); }), "takes images of 3 channels"));
}

TEST(Load, APreprocessingThatIsGivenLaterDecidesTheInputToo) {
  const TemporaryFolder folder;
  for (const char* name : {"m.safetensors", "m.pth", "m.onnx"}) {
    save(folder / name, some_model());
    LoadedModel loaded = load(folder / name);
    loaded.model.preprocessing_known = false;
    const auto prepare_for = [&](const Shape& input) { prepare(loaded, some_model("resnet8", input).preprocessing, name); };
    EXPECT_EQ(error_of([&] { prepare_for(Shape{1, 8, 8}); }).kind(), ErrorKind::kUsage) << name;
    const Shape input = loaded.kind == FileKind::kOnnx ? Shape{3, 8, 8} : Shape{3, 16, 16};
    prepare_for(input);
    EXPECT_TRUE(loaded.model.preprocessing_known) << name;
    EXPECT_EQ(loaded.model.architecture.input, input) << name;
    EXPECT_EQ(loaded.model.preprocessing.output_shape(), input) << name;
  }
}

TEST(Load, AnOnnxFileTakesImagesOfOneSizeAlone) {
  const TemporaryFolder folder;
  save(folder / "m.onnx", some_model());
  LoadedModel loaded = load(folder / "m.onnx");
  const data::Preprocessing larger = some_model("resnet8", Shape{3, 16, 16}).preprocessing;
  EXPECT_TRUE(mentions(error_of([&] { prepare(loaded, larger, "m.onnx"); }), "'m.onnx' takes images of 3x8x8"));
}

TEST(Load, AFileOfAnotherNetworkIsRefusedWithATable) {
  const TemporaryFolder folder;
  save(folder / "model.pth", some_model());
  LoadOptions options;
  options.architecture.emplace();
  options.architecture->model = "resnet14";
  const Error error = error_of([&] { load(folder / "model.pth", options); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
  EXPECT_TRUE(mentions(error, "does not hold the weights of resnet14"));
  EXPECT_TRUE(mentions(error, "layer1.1.conv1.weight"));
}

TEST(Load, SafetensorsOfHalfWidthUnderForeignNamesAreWidened) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  io::Tensors halves;
  for (const auto& [name, tensor] : model.state.tensors()) {
    Tensor half(DType::kBF16, tensor.shape());
    for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i) {
      const auto upper = static_cast<uint16_t>(std::bit_cast<uint32_t>(tensor.as<float>()[i]) >> 16);
      std::memcpy(half.data() + 2 * i, &upper, 2);
    }
    halves.emplace("model." + name, std::move(half));
  }
  io::write_safetensors(folder / "half.safetensors", io::views_of(halves));
  const LoadedModel loaded = load(folder / "half.safetensors");
  EXPECT_EQ(loaded.kind, FileKind::kSafetensors);
  for (const auto& [name, tensor] : model.state.tensors()) {
    const std::span<const float> found = loaded.model.state.at(name).as<float>(), exact = tensor.as<float>();
    for (size_t i = 0; i < exact.size(); ++i) ASSERT_NEAR(found[i], exact[i], std::abs(exact[i]) / 128) << name;
  }
}

TEST(Load, AHuggingFaceFolderBringsItsPreprocessingAndLabels) {
  const TemporaryFolder folder;
  const eval::Model model = some_model("resnet20", Shape{3, 32, 32});
  std::filesystem::create_directory(folder / "hub");
  io::TensorViews views;
  for (const auto& [name, tensor] : model.state.tensors()) views.emplace(name, &tensor);
  io::write_safetensors(folder / "hub/model.safetensors", views);
  replace_file(folder / "hub/config.json", std::string_view(R"({
    "architecture": "resnet20", "num_classes": 5, "label_names": ["a", "b", "c", "d", "e"],
    "pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 1.0, "interpolation": "bicubic",
                       "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}})"));
  const LoadedModel loaded = load(folder / "hub");
  EXPECT_EQ(loaded.kind, FileKind::kHuggingFace);
  EXPECT_TRUE(loaded.model.preprocessing_known);
  EXPECT_EQ(loaded.model.label(3), "d");
  EXPECT_EQ(loaded.model.architecture.input, (Shape{3, 32, 32}));
  expect_same_weights(loaded.model, model);
  const auto labels_with = [&](std::string_view config) {
    replace_file(folder / "hub/config.json", config);
    return load(folder / "hub").model.labels;
  };
  EXPECT_THAT(labels_with(R"({"label_names": null, "id2label": {"1": "b", "0": "a", "2": "c", "3": "d", "4": "e"}})"),
              testing::ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(labels_with(R"({"id2label": {"0": "a", "1": "b", "2": "c", "3": "d", "5": "e"}})"), testing::IsEmpty());
  EXPECT_THAT(labels_with(R"({"label_names": ["a", "b", "c", "d", 5]})"), testing::IsEmpty());
}

// None of these shows in a tensor.
TEST(Load, AConfigurationThatAsksForOtherComputingIsRefused) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  fs::create_directory(folder / "hub");
  io::write_safetensors(folder / "hub/model.safetensors", io::views_of(model.state.tensors()));
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"architecture": "resnetblur20"})", "'resnetblur20', which is not in the list"},
      {R"({"global_pool": "max"})", "'global_pool' is \"max\", only \"avg\""},
      {R"({"hidden_act": "gelu"})", "'hidden_act'"},
      {R"({"downsample_in_first_stage": true})", "'downsample_in_first_stage' is true"},
      {R"({"model_args": {"act_layer": "silu"}})", "'act_layer'"},
  };
  for (const auto& [config, reason] : cases) {
    replace_file(folder / "hub/config.json", config);
    EXPECT_TRUE(mentions(error_of([&] { load(folder / "hub"); }), std::string(reason))) << config;
  }
  replace_file(folder / "hub/config.json",
               std::string_view(R"({"global_pool": "avg", "hidden_act": "relu", "model_args": {"in_chans": 3}})"));
  expect_same_weights(load(folder / "hub").model, model);
  replace_file(folder / "hub/config.json", cases[0].first);
  expect_same_weights(load(folder / "hub", {.architecture = model.architecture, .input = {}, .preprocessing = {}}).model, model);
}

TEST(Load, AnInputThatTheFilesPreprocessingDoesNotMakeIsRefused) {
  const TemporaryFolder folder;
  save(folder / "m.pth", some_model());
  EXPECT_EQ(
      error_of([&] { load(folder / "m.pth", {.architecture = {}, .input = Shape{3, 16, 16}, .preprocessing = {}}); }).kind(),
      ErrorKind::kUsage);
}

TEST(Load, WeightsThatAreNotFiniteOrWholeNumbersAreRefused) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  model.state.at("bn1.weight").as<float>()[0] = NAN;
  save(folder / "nan.pth", model);
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "nan.pth"); }), "'bn1.weight' hold values that are infinite"));
  model.state.set("bn1.weight", Tensor(DType::kI64, Shape{16}));
  save(folder / "integer.pth", model);
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "integer.pth"); }), "'bn1.weight' is i64"));
}

TEST(Load, TheFolderOfATrainingRunIsItsBestModel) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  EXPECT_EQ(error_of([&] { load(folder / "run"); }).kind(), ErrorKind::kBadFile);
  const eval::Model model = some_model();
  save(folder / "run/best.safetensors", model);
  expect_same_weights(load(folder / "run").model, model);
}

TEST(Load, WhatIsSavedInPlaceOfAFileIsNamed) {
  const TemporaryFolder folder;
  const auto refusal_of = [&](std::string_view content) {
    replace_file(folder / "model.pth", content);
    return error_of([&] { load(folder / "model.pth"); });
  };
  EXPECT_TRUE(mentions(refusal_of("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 4\n"), "git lfs pull"));
  EXPECT_TRUE(mentions(refusal_of("<!DOCTYPE html>\n<html lang=\"en\">"), "a web page"));
  EXPECT_TRUE(mentions(refusal_of("\n  <HTML><head>"), "a web page"));
  EXPECT_TRUE(mentions(refusal_of("<?xml version=\"1.0\"?><Error>"), "an XML document"));
  replace_file(folder / "model.onnx", std::string_view("<!doctype html>"));
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "model.onnx"); }), "a web page"));
  replace_file(folder / "model.safetensors", std::string_view("version https://git-lfs.github.com/spec/v1\n"));
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "model.safetensors"); }), "git lfs pull"));
}

// What the log says while `path` is loaded.
std::string said_while_loading(const fs::path& path, const LoadOptions& options = {}) {
  std::string said;
  set_log_sink([&](LogLevel, std::string_view text) { said += std::string(text) + "\n"; });
  load(path, options);
  set_log_sink({});
  return said;
}

io::TensorViews views_of(const State& state, const std::string& prefix = "") {
  io::TensorViews views;
  for (const auto& [name, tensor] : state.tensors()) views.emplace(prefix + name, &tensor);
  return views;
}

TEST(Load, OfSeveralNetworksInAFileTheOneThatIsNamed) {
  const TemporaryFolder folder;
  const eval::Model first = some_model(), second = some_model("resnet8", Shape{3, 8, 8}, 8);
  io::TensorViews views = views_of(first.state, "model.");
  views.merge(views_of(second.state, "ema.net."));
  io::write_safetensors(folder / "two.safetensors", views);
  expect_same_weights(load(folder / "two.safetensors").model, first);
  LoadOptions options;
  options.weights_in = "ema.net";
  expect_same_weights(load(folder / "two.safetensors", options).model, second);
  options.weights_in = "other";
  EXPECT_EQ(error_of([&] { load(folder / "two.safetensors", options); }).kind(), ErrorKind::kUsage);
  save(folder / "ours.safetensors", first);
  EXPECT_EQ(error_of([&] { load(folder / "ours.safetensors", options); }).kind(), ErrorKind::kUsage);
}

TEST(Load, WhatNoTensorShowsIsSaidAndMayBeChosen) {
  const TemporaryFolder folder;
  models::Architecture architecture = some_model("resnet18").architecture;
  architecture.small_stem = true;
  const State state = initial_state(models::inference_graph(architecture, 1), 1);
  io::write_safetensors(folder / "small.safetensors", views_of(state));
  EXPECT_NE(said_while_loading(folder / "small.safetensors").find("no pooling behind the stem (--stem-pool max)"),
            std::string::npos);
  LoadOptions options{.architecture = {}, .input = Shape{3, 64, 64}, .preprocessing = {}};
  options.choices.stem_pool = true;
  options.choices.output_stride = 8;
  EXPECT_EQ(said_while_loading(folder / "small.safetensors", options).find("no tensor shows"), std::string::npos);
  const models::Architecture chosen = load(folder / "small.safetensors", options).model.architecture;
  EXPECT_EQ(models::described(chosen)->stem.max_pool, true);
  EXPECT_EQ(models::described(chosen)->output_stride, 8);
  save(folder / "ours.safetensors", some_model());
  EXPECT_EQ(error_of([&] { load(folder / "ours.safetensors", options); }).kind(), ErrorKind::kUsage);
}

TEST(Load, IgnoredTensorsAreNamed) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  const Tensor counter(DType::kF64, Shape{1});
  io::TensorViews views = views_of(model.state);
  views.emplace("total_ops", &counter);
  io::write_safetensors(folder / "profiled.safetensors", views);
  EXPECT_NE(said_while_loading(folder / "profiled.safetensors").find("1 tensor is no part of resnet8 and ignored: 'total_ops'"),
            std::string::npos);
}

TEST(Load, ANameInTheFileThatIsNotInTheListIsRefused) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  const auto write = [&](const std::string& arch) {
    io::write_safetensors(folder / "m.safetensors", io::views_of(model.state.tensors()), {{"arch", arch}});
  };
  write("resnetblur8");
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "m.safetensors"); }), "'resnetblur8', which is not in the list"));
  EXPECT_NO_THROW(load(folder / "m.safetensors", {.architecture = model.architecture, .input = {}, .preprocessing = {}}));
  write("resnet");
  expect_same_weights(load(folder / "m.safetensors").model, model);
}

TEST(Load, OneLogitIsRefusedWithWhatToDo) {
  const TemporaryFolder folder;
  eval::Model model = some_model();
  model.state.set("linear.weight", Tensor(DType::kF32, Shape{1, 64}));
  model.state.set("linear.bias", Tensor(DType::kF32, Shape{1}));
  io::write_safetensors(folder / "one.safetensors", views_of(model.state));
  EXPECT_TRUE(mentions(error_of([&] { load(folder / "one.safetensors"); }), "ends in one logit ('linear.weight' is 1x64)"));
}

TEST(Load, AFileWithTheNameOfPublishedWeightsAndOtherContentIsNotTakenForThem) {
  const TemporaryFolder folder;
  const eval::Model model = some_model();
  const StateDict dict = state_dict_of(model);
  io::write_torch(folder / "resnet18-f37072fd.pth", dict.tensors, dict.order);
  EXPECT_FALSE(load(folder / "resnet18-f37072fd.pth").model.preprocessing_known);
}

TEST(Load, FilesOfNoKnownKindAreRefusedWithWhatIsExpected) {
  const TemporaryFolder folder;
  replace_file(folder / "text.pth", std::string_view("hello"));
  EXPECT_TRUE(
      mentions(error_of([&] { load(folder / "text.pth"); }), "expected a model file of residual, safetensors, a PyTorch"));
  EXPECT_EQ(error_of([&] { load(folder / "none.pth"); }).kind(), ErrorKind::kBadFile);
  EXPECT_EQ(error_of([&] { save(folder / "model.txt", some_model()); }).kind(), ErrorKind::kUsage);
}

TEST(StateDict, HasPyTorchsOrderAndCounters) {
  const eval::Model model = some_model();
  const StateDict dict = state_dict_of(model);
  EXPECT_THAT(std::vector<std::string>(dict.order.begin(), dict.order.begin() + 7),
              testing::ElementsAre("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
                                   "bn1.num_batches_tracked", "layer1.0.conv1.weight"));
  EXPECT_EQ(dict.order.back(), "linear.bias");
  EXPECT_EQ(dict.order.size(), dict.tensors.size());
  EXPECT_EQ(dict.tensors.at("bn1.num_batches_tracked")->dtype(), DType::kI64);
}

TEST(Floating, HalfAndBfloat16AreWidenedExactly) {
  const std::pair<uint16_t, float> halves[] = {
      {0x0000, 0.0F},     {0x8000, -0.0F},           {0x3C00, 1.0F},      {0xC000, -2.0F},    {0x7BFF, 65504.0F},
      {0x0400, 0x1p-14F}, {0x03FF, 1023 * 0x1p-24F}, {0x8001, -0x1p-24F}, {0x7C00, INFINITY}, {0x3555, 0x1.554p-2F}};
  for (const auto& [bits, value] : halves) {
    Tensor half(DType::kF16, Shape{1});
    std::memcpy(half.data(), &bits, 2);
    EXPECT_EQ(std::bit_cast<uint32_t>(to_f32(half).as<float>()[0]), std::bit_cast<uint32_t>(value)) << bits;
  }
  Tensor brain(DType::kBF16, Shape{1});
  const uint16_t bits = 0xC049;
  std::memcpy(brain.data(), &bits, 2);
  EXPECT_EQ(to_f32(brain).as<float>()[0], -3.140625F);
  EXPECT_FALSE(all_finite(Tensor::of<float>({1}, std::vector<float>{INFINITY})));
  EXPECT_TRUE(all_finite(brain));
}

}  // namespace
}  // namespace residual::convert
