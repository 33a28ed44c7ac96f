#include "data/preprocessing/presets.h"

#include <gmock/gmock.h>

#include <cstring>

#include "files.h"

namespace residual::data {
namespace {

using testing::HasSubstr;

std::vector<float> floats_in(const std::string& name) {
  const std::string bytes = read(golden(name));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// Bytes equal Pillow's, so that what is left is a division and a normalisation in float32: to one rounding of values below 3.
void expect_torchvision(const Preprocessing& preset, const std::string& file, float tolerance = 5e-7F) {
  const Image image = decode_image(bytes_of(read(golden("colour.png"))), "colour.png", 3);
  std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
  preset.apply(image, out);
  const std::vector<float> expected = floats_in(file);
  ASSERT_EQ(out.size(), expected.size()) << file;
  for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], tolerance) << file << " at " << i;
}

TEST(Presets, EqualTorchvisionsTransforms) {
  expect_torchvision(preset("imagenet", Shape{3, 16, 16}), "recipe_imagenet_16.f32");
  expect_torchvision(preset("imagenet-v2", Shape{3, 20, 20}), "recipe_imagenet-v2_20.f32");
  expect_torchvision(preset("imagenet-norm", Shape{3, 29, 37}), "recipe_imagenet-norm_own.f32");
  expect_torchvision(preset("cifar10", Shape{3, 12, 12}), "recipe_cifar10_12.f32");
  expect_torchvision(preset("divide-255", Shape{3, 9, 9}), "recipe_divide-255_9.f32");
  expect_torchvision(preset("mnist", Shape{1, 14, 14}), "recipe_mnist_14.f32");
  // PyTorch computes the weights of the filter in float32.
  expect_torchvision(preset("normalize-0.5-resize", Shape{3, 48, 48}), "recipe_normalize-0.5-resize_48.f32", 2e-6F);
}

TEST(Presets, DividedBy255IsNothingMore) {
  std::vector<float> out(2);
  divided_by_255(Shape{1, 1, 2}).apply({1, 1, 2, {51, 255}}, out);
  EXPECT_EQ(out, (std::vector<float>{51.0F / 255.0F, 1}));
}

TEST(Presets, HaveTheSizesTheyWerePublishedFor) {
  const auto steps = [](const char* name) { return preset(name).transforms(); };
  EXPECT_EQ(std::get<ResizeShorter>(steps("imagenet")[1]).size, 256);
  EXPECT_EQ(std::get<CenterCrop>(steps("imagenet")[2]).size, (Size2{224, 224}));
  EXPECT_EQ(std::get<ResizeShorter>(steps("imagenet-v2")[1]).size, 232);
  EXPECT_EQ(preset("normalize-0.5-resize").output_shape(), (Shape{3, 224, 224}));
  for (const char* name : {"imagenet-norm", "cifar10", "mnist", "divide-255"}) {
    expect_error([&] { preset(name); }, ErrorKind::kUsage, {name, "no size of its own"});
  }
}

TEST(Presets, AreListedAndFoundByName) {
  EXPECT_EQ(preset_names().size(), presets().size());
  for (const std::string& name : preset_names()) {
    ASSERT_NE(find_preset(name), nullptr);
    EXPECT_FALSE(find_preset(name)->description.empty());
    EXPECT_EQ(preset(name, Shape{3, 8, 8}).output_shape(), (Shape{3, 8, 8}));
  }
  EXPECT_EQ(find_preset("resnet"), nullptr);
  expect_error([] { preset("imagnet\n"); }, ErrorKind::kUsage, {"imagnet?", "imagenet-v2"});
}

TEST(Presets, OfThreeColoursRefuseGreyInputs) {
  for (const char* name : {"imagenet", "imagenet-v2", "imagenet-norm", "cifar10"}) {
    expect_error([&] { preset(name, Shape{1, 8, 8}); }, ErrorKind::kUsage, {name, "1x8x8"});
  }
}

TEST(Presets, WithoutGeometryRefuseOtherSizes) {
  std::vector<float> out(3 * 8 * 8);
  const Image other{3, 8, 9, std::vector<uint8_t>(3 * 8 * 9)};
  expect_error([&] { preset("imagenet-norm", Shape{3, 8, 8}).apply(other, out); }, ErrorKind::kBadFile, {"9 x 8", "8 x 8"});
}

TEST(TimmConfig, IsReadAsTimmReadsIt) {
  const std::string config = R"({"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {"input_size": [3, 16, 16],
      "crop_pct": 0.95, "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "first_conv": "conv1"}})";
  expect_torchvision(preprocessing_from_timm(config, "config.json"), "recipe_timm_bicubic_16.f32");
  const std::string squash = R"({"input_size": [3, 16, 20], "crop_pct": 0.875, "crop_mode": "squash", "interpolation": "bilinear",
      "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]})";
  expect_torchvision(preprocessing_from_timm(squash, "config.json"), "recipe_timm_squash_16x20.f32");
}

TEST(TimmConfig, HasTimmsDefaultsForFieldsThatAreMissingOrNull) {
  const Preprocessing standard = preprocessing_from_timm(R"({"pretrained_cfg": {"mean": null}})", "config.json");
  EXPECT_EQ(standard,
            preprocessing_from_timm(R"({"input_size": [3, 224, 224], "crop_pct": 0.875, "interpolation": "bicubic"})", "other"));
  EXPECT_EQ(std::get<ResizeShorter>(standard.transforms()[1]).size, 256);
  EXPECT_EQ(std::get<ResizeShorter>(standard.transforms()[1]).filter, Filter::kBicubic);
  EXPECT_EQ(preprocessing_from_timm(R"({"crop_pct": 0.9})", "c", Shape{3, 64, 64}).output_shape(), (Shape{3, 64, 64}));
}

TEST(TimmConfig, MayListAsManyClassesAsThereAre) {
  const std::string config = R"({"crop_pct": 0.9, "label_names": [)";
  std::string names = "\"n0\"";
  while (names.size() < size_t{2} << 20) names += ", \"a name as long as some of ImageNet's are\"";
  EXPECT_EQ(preprocessing_from_timm(config + names + "]}", "config.json"),
            preprocessing_from_timm(R"({"crop_pct": 0.9})", "config.json"));
}

TEST(TimmConfig, ThatIsHostileIsRefusedByName) {
  const auto refused = [](const std::string& text, const std::string& word) {
    expect_error([&] { preprocessing_from_timm(text, "config.json"); }, ErrorKind::kBadFile, {"config.json", word});
  };
  refused("", "JSON");
  refused("[]", "pretrained_cfg");
  refused("{}", "pretrained_cfg");
  refused(R"({"pretrained_cfg": [1]})", "pretrained_cfg");
  refused(R"({"mean": [0.5], "mean": [0.5]})", "twice");
  refused(std::string(100, '[') + std::string(100, ']'), "nested");
  refused(std::string(kMostConfigBytes + 1, ' '), "bytes");
  for (const char* size :
       {"1", "[3]", "[3,224]", "[3,0,5]", "[3,224,1e9]", "[3,-1,5]", "[3,99999999999999999999,5]", "[3,2.5,5]"}) {
    refused(fmt::format(R"({{"input_size": {}}})", size), "input_size");
  }
  refused(R"({"input_size": [2, 8, 8]})", "channels");
  for (const char* part : {"0", "-1", "1e-9", "1.5", "\"all\"", "1e999"}) {
    refused(fmt::format(R"({{"crop_pct": {}}})", part), part == std::string("1e999") ? "JSON" : "crop_pct");
  }
  refused(R"({"interpolation": "sinc\u0007", "crop_pct": 1})", "sinc?");
  refused(R"({"interpolation": 3, "crop_pct": 1})", "interpolation");
  refused(R"({"crop_mode": "border", "crop_pct": 1})", "border");
  refused(R"({"input_size": [3, 8, 9]})", "8 x 9");
  refused(R"({"mean": [0.5]})", "3 channels");
  refused(R"({"std": [1, 0, 1], "mean": [0, 0, 0]})", "standard deviation");
  refused(R"({"std": [1, 1e300, 1], "mean": [0, 0, 0]})", "std");
  refused(R"({"mean": ["a", "b", "c"]})", "mean");
}

constexpr const char* kResNet50 =  // as microsoft/resnet-50 has it
    R"({"crop_pct": 0.875, "do_normalize": true, "do_resize": true, "feature_extractor_type": "ConvNextFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": 224})";

const Normalize kHalf{{0.5F, 0.5F, 0.5F}, {0.25F, 0.5F, 1}};

// A processor's fields beside its mean and standard deviation.
Preprocessing image_processor(const std::string& fields, const std::optional<Shape>& input = std::nullopt) {
  return preprocessing_from_hugging_face(
      R"({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1])" + (fields.empty() ? "" : ", " + fields) + "}",
      "preprocessor_config.json", input);
}

TEST(HuggingFace, ResNetsAreResizedByCropPctAndCroppedToASquare) {
  // int(224 / 0.875) = 256.
  const Normalize imagenet{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  EXPECT_EQ(preprocessing_from_hugging_face(kResNet50, "c"),
            Preprocessing({Decode{3}, ResizeShorter{256, Filter::kBicubic, true}, CenterCrop{{224, 224}, CropStart::kFloor},
                           Divide{255}, imagenet}));
  EXPECT_EQ(preprocessing_from_hugging_face(kResNet50, "c", Shape{3, 32, 32}),
            Preprocessing({Decode{3}, ResizeShorter{36, Filter::kBicubic, true}, CenterCrop{{32, 32}, CropStart::kFloor},
                           Divide{255}, imagenet}))
      << "int(32 / 0.875) = 36";
  // Python: int(100 / 0.95) = 105, and 224 / 256 where nothing is said.
  const auto shorter = [](const std::string& fields) {
    return std::get<ResizeShorter>(image_processor(fields).transforms()[1]).size;
  };
  EXPECT_EQ(shorter(R"("size": {"shortest_edge": 100}, "crop_pct": 0.95)"), 105);
  EXPECT_EQ(shorter(R"("size": {"shortest_edge": 112}, "image_processor_type": "ConvNextImageProcessorFast")"), 128);
  EXPECT_EQ(shorter(R"("size": 383, "crop_pct": 1.0)"), 383);
}

TEST(HuggingFace, FromA384SideOnImagesAreStretched) {
  const std::vector<Transform> steps =
      image_processor(R"("size": {"shortest_edge": 384}, "crop_pct": 0.875, "resample": 2)").transforms();
  EXPECT_EQ(steps, (std::vector<Transform>{Decode{3}, Resize{{384, 384}, Filter::kBilinear, true}, Divide{255}, kHalf}));
}

TEST(HuggingFace, CropsByItsFields) {
  const std::string bit = R"("image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 40}, "do_center_crop": true,
      "crop_size": {"height": 32, "width": 20}, "resample": 1, "rescale_factor": 0.00392156862745098)";
  EXPECT_EQ(image_processor(bit), Preprocessing({Decode{3}, ResizeShorter{40, Filter::kLanczos, true},
                                                 CenterCrop{{32, 20}, CropStart::kFloor}, Divide{255}, kHalf}));
  // Twice as large in each direction: the shorter side as well.
  EXPECT_EQ(image_processor(bit, Shape{3, 64, 40}).transforms()[1], (Transform{ResizeShorter{80, Filter::kLanczos, true}}));
  EXPECT_EQ(image_processor(R"("do_resize": false, "crop_size": 24)"),
            Preprocessing({Decode{3}, CenterCrop{{24, 24}, CropStart::kFloor}, Divide{255}, kHalf}));
  EXPECT_EQ(image_processor(R"("feature_extractor_type": "DeiTFeatureExtractor", "size": 256, "crop_size": 224)"),
            Preprocessing({Decode{3}, Resize{{256, 256}, Filter::kBicubic, true}, CenterCrop{{224, 224}, CropStart::kFloor},
                           Divide{255}, kHalf}));
}

TEST(HuggingFace, ResizesToHeightAndWidthAndOmitsStepsThatAreOff) {
  const std::string size = R"("size": {"height": 20, "width": 30}, "do_center_crop": false, "crop_size": null)";
  EXPECT_EQ(image_processor(size).output_shape(), (Shape{3, 20, 30}));
  EXPECT_EQ(image_processor(size + R"(, "do_normalize": false)"),
            Preprocessing({Decode{3}, Resize{{20, 30}, Filter::kBilinear, true}, Divide{255}}));
  EXPECT_EQ(image_processor(size + R"(, "do_rescale": false)"),
            Preprocessing({Decode{3}, Resize{{20, 30}, Filter::kBilinear, true}, kHalf}));
  EXPECT_EQ(image_processor(R"("image_processor_type": "ViTImageProcessor", "size": 16)").output_shape(), (Shape{3, 16, 16}));
  EXPECT_EQ(image_processor(R"("do_resize": false)", Shape{3, 8, 9}),
            Preprocessing({Decode{3}, RequireSize{{8, 9}}, Divide{255}, kHalf}));
  EXPECT_EQ(preprocessing_from_hugging_face(R"({"size": 28, "image_mean": [0.5], "image_std": [0.5]})", "c").output_shape(),
            (Shape{1, 28, 28}));
}

TEST(HuggingFace, UnsupportedSettingsAreRefusedByName) {
  const auto refused = [](const std::string& fields, const std::string& word, const std::optional<Shape>& input = std::nullopt) {
    expect_error([&] { image_processor(fields, input); }, ErrorKind::kBadFile, {"preprocessor_config.json", word});
  };
  refused("", "'size' is missing");
  for (const char* size : {"0", "5000", "2.5", "\"all\"", "[224, 224]", R"({"longest_edge": 9})", R"({"height": 9})",
                           R"({"shortest_edge": 9, "longest_edge": 20})", R"({"shortest_edge": "9"})", "{}"}) {
    refused(fmt::format(R"("size": {})", size), "'size'");
  }
  refused(R"("size": 8, "resample": 0)", "'resample' is 0");
  refused(R"("size": 8, "resample": "bicubic")", "'resample'");
  refused(R"("size": 8, "crop_pct": 1.5)", "'crop_pct'");
  refused(R"("size": 8, "rescale_factor": 0.0078431372549)", "'rescale_factor'");
  refused(R"("size": 8, "do_resize": 1)", "'do_resize'");
  refused(R"("size": 8, "do_flip_channel_order": true)", "'do_flip_channel_order'");
  refused(R"("size": 8, "rescale_offset": true)", "'rescale_offset'");
  refused(R"("size": 8, "image_processor_type": "LevitImageProcessor")", "'LevitImageProcessor'");
  refused(R"("size": 8, "image_processor_type": "ViTMAEThing")", "'ViTMAEThing'");
  refused(R"("size": 8, "image_processor_type": "CLIPImageProcessor")", "'do_center_crop'");
  refused(R"("size": 8, "do_center_crop": true)", "'crop_size' is missing");
  refused(R"("size": 8, "crop_size": {"shortest_edge": 8})", "'crop_size'");
  refused(R"("do_resize": false)", "'do_resize'");
  refused(R"("size": 8)", "8 x 9", Shape{3, 8, 9});
  refused(R"("size": 8)", "channels", Shape{1, 8, 8});
  for (const char* text : {"", "[]", "3", "{}", R"({"size": 8, "image_mean": [0.5, 0.5, 0.5]})",
                           R"({"size": 8, "image_mean": [0, 0, 0], "image_std": [1, 0, 1]})"}) {
    expect_error([&] { preprocessing_from_hugging_face(text, "c.json"); }, ErrorKind::kBadFile, {"c.json"});
  }
}

TEST(PreprocessingNamed, TellsHuggingFacesFilesFromTimms) {
  const TemporaryFolder folder;
  const auto named = [&](const std::string& text) {
    write(folder / "config.json", text);
    return preprocessing_named((folder / "config.json").string());
  };
  EXPECT_EQ(named(kResNet50), preprocessing_from_hugging_face(kResNet50, ""));
  const std::string timm = R"({"crop_pct": 0.9, "input_size": [3, 32, 32]})";
  EXPECT_EQ(named(timm), preprocessing_from_timm(timm, ""));
  EXPECT_EQ(named(R"({"image_processor_type": "TimmWrapperImageProcessor", "pretrained_cfg": )" + timm + "}"),
            preprocessing_from_timm(timm, ""));
}

TEST(PreprocessingNamed, IsAPresetATimmFileOrAListOfSteps) {
  const TemporaryFolder folder;
  write(folder / "config.json", R"({"pretrained_cfg": {"input_size": [3, 32, 32], "crop_pct": 1.0}})");
  write(folder / "steps.json", "\n" + preset("cifar10", Shape{3, 24, 24}).to_json());
  EXPECT_EQ(preprocessing_named("cifar10", Shape{3, 24, 24}), preprocessing_named((folder / "steps.json").string()));
  EXPECT_EQ(preprocessing_input((folder / "config.json").string()), (Shape{3, 32, 32}));
  EXPECT_EQ(preprocessing_input("imagenet"), (Shape{3, 224, 224}));
  EXPECT_EQ(preprocessing_input("mnist"), std::nullopt);
  expect_error([&] { preprocessing_named((folder / "steps.json").string(), Shape{3, 32, 32}); }, ErrorKind::kUsage,
               {"steps.json", "3x24x24", "3x32x32"});
  expect_error([] { preprocessing_named("no-such-preset"); }, ErrorKind::kUsage, {"no-such-preset", "imagenet"});
}

TEST(PreprocessingNamed, NamesAFileOfStepsThatCannotBeUsed) {
  const TemporaryFolder folder;
  for (const char* text :
       {"[", R"([{"step": "decode", "channels": 3}, {"step": "blur"}])", R"([{"step": "decode", "channels": 2}])"}) {
    write(folder / "steps.json", text);
    expect_error([&] { preprocessing_named((folder / "steps.json").string()); }, ErrorKind::kBadFile,
                 {(folder / "steps.json").string() + "': the preprocessing steps cannot be used"});
  }
}

}  // namespace
}  // namespace residual::data
