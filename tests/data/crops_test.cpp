// Five and ten crops of an image, against torchvision's definitions written out.
#include "data/preprocessing/preprocessing.h"
#include "files.h"

namespace residual::data {
namespace {

Image numbered(int64_t height, int64_t width) {
  Image image{1, height, width, std::vector<uint8_t>(static_cast<size_t>(height * width))};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i);
  return image;
}

std::vector<float> prepared(const Preprocessing& preset, const Image& image) {
  std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
  preset.apply(image, out);
  return out;
}

Preprocessing center_crop(bool on_floats) {
  if (on_floats) return Preprocessing({Decode{1}, Divide{1}, CenterCrop{{2, 2}}});
  return Preprocessing({Decode{1}, CenterCrop{{2, 2}}, Divide{1}});
}

// 3 rows of 5: the crop of 2 x 2 leaves an odd rest, so that the middle of the mirrored image is not the middle mirrored.
TEST(Crops, AreTheCornersTheCentreAndTheSameOfTheMirroredImage) {
  const std::vector<std::vector<float>> expected = {{0, 1, 5, 6}, {3, 4, 8, 9}, {5, 6, 10, 11}, {8, 9, 13, 14}, {2, 3, 7, 8},
                                                    {4, 3, 9, 8}, {1, 0, 6, 5}, {9, 8, 14, 13}, {6, 5, 11, 10}, {2, 1, 7, 6}};
  for (const bool on_floats : {false, true}) {
    const std::vector<Preprocessing> ten = center_crop(on_floats).crops(10), five = center_crop(on_floats).crops(5);
    ASSERT_EQ(ten.size(), 10U);
    ASSERT_EQ(five.size(), 5U);
    for (size_t i = 0; i < 10; ++i) EXPECT_EQ(prepared(ten[i], numbered(3, 5)), expected[i]) << i << on_floats;
    for (size_t i = 0; i < 5; ++i) EXPECT_EQ(five[i], ten[i]);
  }
}

TEST(Crops, OfOneAreThePreprocessingItself) {
  EXPECT_EQ(center_crop(false).crops(1), std::vector<Preprocessing>{center_crop(false)});
}

TEST(Crops, OfColourKeepChannelsTogether) {
  const Preprocessing preset({Decode{3}, CenterCrop{{1, 1}}, Divide{1}});
  const Image image{3, 1, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  EXPECT_EQ(prepared(preset.crops(10)[0], image), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(prepared(preset.crops(10)[5], image), (std::vector<float>{7, 8, 9}));
}

TEST(Crops, ReadBackFromJson) {
  for (const Preprocessing& each : center_crop(true).crops(10)) EXPECT_EQ(Preprocessing::from_json(each.to_json()), each);
  expect_error(
      [] { Preprocessing::from_json(R"([{"step":"decode","channels":1},{"step":"corner_crop","size":[1,1],"corner":"up"}])"); },
      ErrorKind::kBadFile, {"up"});
}

TEST(Crops, NeedACentreCropAndAnImageThatHoldsThem) {
  expect_error([] { center_crop(false).crops(3); }, ErrorKind::kUsage, {"1, 5 or 10"});
  const Preprocessing none = Preprocessing::standard(Shape{1, 2, 2}, std::vector<float>{0}, std::vector<float>{1});
  expect_error([&] { none.crops(10); }, ErrorKind::kUsage, {"centre crop"});
  expect_error([] { prepared(center_crop(false).crops(5)[0], numbered(1, 5)); }, ErrorKind::kBadFile, {"5 x 1", "2 x 2"});
}

}  // namespace
}  // namespace residual::data
