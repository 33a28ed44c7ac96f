#include "data/preprocessing/preprocessing.h"

#include <cstring>

#include "files.h"

namespace residual::data {
namespace {

constexpr float kMean[] = {0.4914F, 0.4822F, 0.4465F}, kStd[] = {0.2470F, 0.2435F, 0.2616F};

std::vector<float> prepared(const Preprocessing& preset, const Image& image) {
  std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
  preset.apply(image, out);
  return out;
}

Image ramp(int64_t channels, int64_t height, int64_t width) {
  Image image{channels, height, width, std::vector<uint8_t>(static_cast<size_t>(channels * height * width))};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7);
  return image;
}

TEST(Preprocessing, StandardDividesThenNormalisesInFloat32) {
  const Preprocessing preset = Preprocessing::standard(Shape{3, 2, 2}, kMean, kStd);
  const Image image = ramp(3, 2, 2);
  const std::vector<float> out = prepared(preset, image);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(out[c * 4 + i], (static_cast<float>(image.pixels[i * 3 + c]) / 255.0F - kMean[c]) / kStd[c]);
    }
  }
}

TEST(Preprocessing, StandardResizesOnlyImagesOfAnotherSize) {
  const Preprocessing preset = Preprocessing::standard(Shape{1, 4, 4}, std::vector{0.0F}, std::vector{1.0F});
  const Image large = ramp(1, 9, 6);
  Image small;
  resize(large, 4, 4, Filter::kBilinear, small);
  EXPECT_EQ(prepared(preset, large), prepared(preset, small));
}

TEST(Preprocessing, MayDivideAlone) {
  const Preprocessing preset = Preprocessing::from_json(
      R"([{"step":"decode","channels":1},{"step":"require_size","size":[1,3]},{"step":"divide","by":255}])");
  EXPECT_EQ(prepared(preset, {1, 1, 3, {0, 51, 255}}), (std::vector<float>{0, 51.0F / 255.0F, 1}));
  expect_error([&] { prepared(preset, ramp(1, 2, 3)); }, ErrorKind::kBadFile, {"3 x 2", "3 x 1"});
}

TEST(Preprocessing, BytesStayAsTheyAreWithoutAStepOnFloats) {
  const Preprocessing preset({Decode{1}, RequireSize{{1, 2}}});
  EXPECT_EQ(prepared(preset, {1, 1, 2, {7, 255}}), (std::vector<float>{7, 255}));
}

TEST(Preprocessing, StepsRunInTheOrderInWhichTheyAreWritten) {
  const Preprocessing scaled_first({Decode{1}, RequireSize{{1, 1}}, Scale{0.5F}, Normalize{{10}, {4}}});
  const Preprocessing normalised_first({Decode{1}, RequireSize{{1, 1}}, Normalize{{10}, {4}}, Scale{0.5F}});
  EXPECT_EQ(prepared(scaled_first, {1, 1, 1, {100}}), std::vector<float>{10});
  EXPECT_EQ(prepared(normalised_first, {1, 1, 1, {100}}), std::vector<float>{11.25F});
}

TEST(Preprocessing, PointwiseStepsFollowAResizeOfFloats) {
  const Preprocessing preset({Decode{1}, Divide{2}, Resize{{1, 1}, Filter::kBilinear, true}, Normalize{{1}, {0.5F}}});
  EXPECT_EQ(prepared(preset, {1, 1, 2, {10, 30}}), std::vector<float>{18});  // (10 + 30) / 2 / 2, less 1, times 2
}

TEST(Preprocessing, ShorterSideThenCentreCropIsTorchvisions) {
  const Preprocessing preset({Decode{1}, ResizeShorter{4, Filter::kBilinear, true}, CenterCrop{{4, 4}}, Divide{1}});
  const Image wide = ramp(1, 4, 9);  // the shorter side is 4 already; the crop starts at round(2.5) = 2
  const std::vector<float> out = prepared(preset, wide);
  for (size_t y = 0; y < 4; ++y) {
    for (size_t x = 0; x < 4; ++x) EXPECT_EQ(out[y * 4 + x], wide.pixels[y * 9 + x + 2]);
  }
}

// Of 7 remaining pixels torchvision omits round(3.5) = 4 in front, Hugging Face's processors 7 // 2 = 3.
TEST(Preprocessing, CentreCropStartsWhereItsSourceStartsIt) {
  const Image wide = ramp(1, 4, 11);
  for (const auto& [start, first] : {std::pair(CropStart::kHalfEven, 4), {CropStart::kFloor, 3}}) {
    const Preprocessing preset({Decode{1}, CenterCrop{{4, 4}, start}, Divide{1}});
    EXPECT_EQ(prepared(preset, wide)[0], wide.pixels[static_cast<size_t>(first)]);
    EXPECT_EQ(Preprocessing::from_json(preset.to_json()), preset);
  }
  EXPECT_NE(Preprocessing({Decode{1}, CenterCrop{{4, 4}, CropStart::kFloor}}).to_json().find(R"("start":"floor")"),
            std::string::npos);
  EXPECT_EQ(Preprocessing({Decode{1}, CenterCrop{{4, 4}}}).to_json().find("start"), std::string::npos);
}

TEST(Preprocessing, CropLargerThanTheImagePadsWithZeros) {
  const Preprocessing bytes({Decode{1}, CenterCrop{{2, 4}}});
  EXPECT_EQ(prepared(bytes, {1, 1, 2, {5, 6}}), (std::vector<float>{0, 5, 6, 0, 0, 0, 0, 0}));
  const Preprocessing floats({Decode{1}, Normalize{{5}, {1}}, CenterCrop{{1, 4}}});
  EXPECT_EQ(prepared(floats, {1, 1, 2, {5, 6}}), (std::vector<float>{0, 0, 1, 0}));
}

TEST(Preprocessing, ConvertsBetweenGreyAndColour) {
  const Preprocessing colour = Preprocessing::standard(Shape{3, 1, 1}, std::vector<float>(3, 0), std::vector<float>(3, 1));
  EXPECT_EQ(prepared(colour, {1, 1, 1, {255}}), (std::vector<float>{1, 1, 1}));
  const Preprocessing grey = Preprocessing::standard(Shape{1, 1, 1}, std::vector<float>{0}, std::vector<float>{1});
  EXPECT_EQ(prepared(grey, {3, 1, 1, {255, 0, 0}}), std::vector<float>{76.0F / 255.0F});
}

TEST(Preprocessing, OfAnImageTooLongForItsShorterSideIsRefused) {
  const Preprocessing preset({Decode{1}, ResizeShorter{256, Filter::kBilinear, true}, CenterCrop{{224, 224}}});
  expect_error([&] { prepared(preset, {1, 1, 60000, std::vector<uint8_t>(60000)}); }, ErrorKind::kBadFile,
               {"60000 x 1", "too long"});
}

TEST(Preprocessing, ScratchMemoryDoesNotChangeTheResult) {
  const Preprocessing preset({Decode{3}, ResizeShorter{7, Filter::kBicubic, true}, CenterCrop{{6, 5}}, Divide{255},
                              Resize{{3, 4}, Filter::kBilinear, true}});
  Preprocessing::Scratch scratch;
  for (const Image& image : {ramp(3, 20, 30), ramp(1, 7, 7), ramp(3, 5, 90), ramp(3, 20, 30)}) {
    std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
    preset.apply(image, out, scratch);
    EXPECT_EQ(out, prepared(preset, image));
  }
}

TEST(Preprocessing, JsonReadsBackValueForValue) {
  const Preprocessing preset({Decode{3}, ResizeShorter{256, Filter::kBicubic, true}, CenterCrop{{224, 225}}, Divide{255},
                              Scale{1.0F / 3}, Normalize{{kMean[0], kMean[1], kMean[2]}, {kStd[0], kStd[1], kStd[2]}},
                              Resize{{32, 33}, Filter::kBilinear, false}});
  EXPECT_EQ(Preprocessing::from_json(preset.to_json()), preset);
  EXPECT_EQ(preset.output_shape(), (Shape{3, 32, 33}));
}

TEST(Preprocessing, JsonIsPlain) {
  EXPECT_EQ(
      Preprocessing::standard(Shape{3, 32, 32}, kMean, kStd).to_json(),
      R"([{"step":"decode","channels":3},{"step":"resize","size":[32,32],"filter":"bilinear"},{"step":"divide","by":255.0},)"
      R"({"step":"normalize","mean":[0.4914,0.4822,0.4465],"std":[0.247,0.2435,0.2616]}])");
}

TEST(Preprocessing, JsonThatIsNotAListOfKnownStepsIsRefused) {
  const auto refused = [](const std::string& text, const std::string& word) {
    expect_error([&] { Preprocessing::from_json(text); }, ErrorKind::kBadFile, {word});
  };
  const std::string size = R"({"step":"require_size","size":[2,2]})", decode = R"({"step":"decode","channels":3})";
  refused("", "JSON");
  refused("{}", "list");
  refused("[", "JSON");
  refused("[1]", "object");
  refused("[]", "decode");
  refused("[" + size + "]", "decode");
  refused("[" + decode + "]", "fixed size");
  refused("[" + decode + "," + size + R"(,{"step":"sharpen"}])", "sharpen");
  refused("[" + decode + "," + size + R"(,{"step":"divide","by":0}])", "divisor");
  refused("[" + decode + "," + size + R"(,{"step":"divide","by":1e300}])", "fits");
  refused("[" + decode + "," + size + R"(,{"step":"divide"}])", "no 'by'");
  refused("[" + decode + "," + size + R"(,{"step":"divide","by":2,"by":3}])", "twice");
  refused("[" + decode + "," + size + R"(,{"step":"divide","by":2,"times":3}])", "times");
  refused("[" + decode + "," + size + R"(,{"step":"normalize","mean":[0],"std":[1]}])", "3 channels");
  refused("[" + decode + "," + size + R"(,{"step":"normalize","mean":[0,0,0],"std":[1,0,1]}])", "standard deviation");
  refused("[" + decode + R"(,{"step":"resize","size":[0,2]}])", "0 x 2");
  refused("[" + decode + R"(,{"step":"resize","size":[4611686018427387904,4611686018427387904]}])", "out of range");
  refused("[" + decode + R"(,{"step":"resize","size":[99999999999999999999,2]}])", "whole number");
  refused("[" + decode + R"(,{"step":"resize","size":[2.5,2]}])", "whole number");
  refused("[" + decode + R"(,{"step":"resize","size":[2,2],"filter":"sinc"}])", "sinc");
  refused("[" + decode + R"(,{"step":"resize","size":[2,2],"antialias":false}])", "antialias");
  refused("[" + decode + "," + decode + "]", "first step");
  refused(std::string(100000, '['), "bytes");
  refused(std::string(60000, '['), "JSON");
}

TEST(Preprocessing, IntoMemoryOfAnotherSizeIsRefused) {
  const Preprocessing preset = Preprocessing::standard(Shape{3, 2, 2}, kMean, kStd);
  std::vector<float> out(11);
  expect_error([&] { preset.apply(ramp(3, 2, 2), out); }, ErrorKind::kUsage, {"12", "11"});
}

TEST(Preprocessing, KeepsTheOrientationInItsDecodeStep) {
  const Preprocessing plain = Preprocessing::standard(Shape{1, 2, 2}, std::vector<float>{0}, std::vector<float>{1});
  const Preprocessing upright = plain.with_exif_orientation(true);
  EXPECT_FALSE(plain.exif_orientation());
  EXPECT_TRUE(Preprocessing::from_json(upright.to_json()).exif_orientation());
  EXPECT_NE(upright, plain);
  EXPECT_EQ(upright.with_exif_orientation(false), plain);
  EXPECT_EQ(plain.to_json().find("exif"), std::string::npos);
}

std::vector<float> floats_in(const std::string& name) {
  const std::string bytes = read(golden(name));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// "Normalise, then resize", exactly as written.
TEST(Preprocessing, ResizingNormalisedFloatsEqualsPyTorch) {
  for (const Size2 size : {Size2{16, 16}, Size2{41, 53}, Size2{40, 20}}) {
    for (const bool antialias : {true, false}) {
      const Preprocessing preset(
          {Decode{3}, Divide{255}, Normalize{{.4F, .5F, .6F}, {.2F, .25F, .3F}}, Resize{size, Filter::kBilinear, antialias}});
      std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
      preset.apply(decode_image(bytes_of(read(golden("colour.png"))), "colour.png", 3), out);
      const std::vector<float> expected =
          floats_in(fmt::format("torch_{}{}x{}.f32", antialias ? "" : "sharp_", size.width, size.height));
      ASSERT_EQ(out.size(), expected.size());
      // PyTorch computes the weights in float32, here they are rounded to it at the end; values go up to 3.
      for (size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], 5e-6) << size.width << " " << antialias << " at " << i;
    }
  }
}

TEST(Preprocessing, OfAnImageTooLongToBeResizedAsFloatsIsRefused) {
  const Preprocessing preset({Decode{1}, Divide{255}, Resize{{2, 2}, Filter::kBilinear, true}});
  const Image longest{1, 1, 65535, std::vector<uint8_t>(65535)}, longer{1, 1, 65536, std::vector<uint8_t>(65536)};
  std::vector<float> out(4);
  preset.apply(longest, out);
  expect_error([&] { preset.apply(longer, out); }, ErrorKind::kBadFile, {"from 65536 x 1"});
}

}  // namespace
}  // namespace residual::data
