// The random transforms, alone and as part of a list.
#include <gmock/gmock.h>

#include <array>
#include <map>
#include <vector>

#include "data/preprocessing/preprocessing.h"
#include "data/transforms/random/augmentation.h"
#include "files.h"

namespace residual::data {
namespace {

Rng sample_rng(uint64_t seed, int64_t epoch, int64_t sample) {
  return {seed, Purpose::kAugment, static_cast<uint64_t>(epoch), static_cast<uint64_t>(sample)};
}

std::vector<float> cropped(std::vector<float> in, const Shape& chw, int64_t top, int64_t left) {
  std::vector<float> out(in.size(), -1);
  const Planes from{chw[0], chw[1], chw[2], in}, to{chw[0], chw[1], chw[2], out};
  crop(from, {top, left, from.size()}, to);
  return out;
}

std::vector<uint8_t> cropped_bytes(const Image& in, int64_t top, int64_t left) {
  Image out{in.channels, in.height, in.width, std::vector<uint8_t>(in.pixels.size(), 9)};
  crop(in, {top, left, {in.height, in.width}}, out);
  return out.pixels;
}

TEST(Crop, MovesAnImageAndPadsItWithZeros) {
  const std::vector<float> in = {1, 2, 3, 4, 5, 6};
  const Shape chw{1, 2, 3};
  EXPECT_EQ(cropped(in, chw, 0, 0), in);
  EXPECT_EQ(cropped(in, chw, 1, 0), (std::vector<float>{4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(cropped(in, chw, -1, 0), (std::vector<float>{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(cropped(in, chw, 0, 1), (std::vector<float>{2, 3, 0, 5, 6, 0}));
  EXPECT_EQ(cropped(in, chw, 0, -2), (std::vector<float>{0, 0, 1, 0, 0, 4}));
  EXPECT_EQ(cropped(in, chw, 5, -9), std::vector<float>(6, 0));
}

TEST(Crop, TreatsAllChannelsAlike) {
  EXPECT_EQ(cropped({1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 2, 2}, 1, 1), (std::vector<float>{4, 0, 0, 0, 8, 0, 0, 0}));
  const Image colour{3, 2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  EXPECT_EQ(cropped_bytes(colour, 1, 1), (std::vector<uint8_t>{10, 11, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(cropped_bytes(colour, 0, -1), (std::vector<uint8_t>{0, 0, 0, 1, 2, 3, 0, 0, 0, 7, 8, 9}));
}

TEST(Mirror, ReversesRowsOfBytesAndFloats) {
  std::vector<float> floats = {1, 2, 3, 4, 5, 6};
  mirror(Planes{1, 2, 3, floats});
  EXPECT_EQ(floats, (std::vector<float>{3, 2, 1, 6, 5, 4}));
  Image colour{3, 1, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  mirror(colour);
  EXPECT_EQ(colour.pixels, (std::vector<uint8_t>{7, 8, 9, 4, 5, 6, 1, 2, 3}));
}

struct Draw {
  int64_t top = 0, left = 0;
  bool flip = false;
  bool operator==(const Draw&) const = default;
};

Draw draw(uint64_t seed, int64_t epoch, int64_t sample) {
  Rng rng = sample_rng(seed, epoch, sample);
  const Window window = RandomCrop{4}.draw({32, 32}, rng);
  return {window.top, window.left, RandomFlip::draw(rng)};
}

TEST(RandomTransforms, DrawTheKnownNumbers) {
  const std::array<Draw, 4> drawn = {draw(0, 0, 0), draw(0, 0, 1), draw(0, 1, 0), draw(1, 0, 0)};
  const std::array<Draw, 4> known = {{{0, -4, false}, {0, 3, true}, {2, 3, false}, {3, -3, false}}};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(drawn[i], known[i]) << i << ": " << drawn[i].top << ", " << drawn[i].left;
}

TEST(RandomTransforms, DrawAllOffsetsAndBothSidesEquallyOften) {
  std::map<int64_t, int> tops, lefts;
  int flips = 0;
  constexpr int kDraws = 9000;
  for (int i = 0; i < kDraws; ++i) {
    const Draw drawn = draw(5, 2, i);
    ++tops[drawn.top];
    ++lefts[drawn.left];
    flips += drawn.flip;
  }
  ASSERT_EQ(tops.size(), 9U);
  ASSERT_EQ(lefts.size(), 9U);
  // 1000 expected each; the standard deviation is 30.
  for (const auto& counts : {tops, lefts}) {
    for (const auto& [offset, count] : counts) {
      EXPECT_LE(std::abs(offset), 4);
      EXPECT_NEAR(count, 1000, 150);
    }
  }
  EXPECT_NEAR(flips, kDraws / 2, 250);
}

// Image 0, 1, 2 … of one row.
Image row(int64_t width) {
  Image image{1, 1, width, {}};
  for (int64_t x = 0; x < width; ++x) image.pixels.push_back(static_cast<uint8_t>(x));
  return image;
}

std::vector<float> applied(const TransformList& list, const Image& image, Rng rng) {
  std::vector<float> out(static_cast<size_t>(list.output_shape().elements()));
  TransformList::Scratch scratch;
  list.apply(image, out, scratch, rng);
  return out;
}

// The mean, 2, is what padding becomes behind normalize.
TEST(RandomTransforms, FollowThePreprocessingAndDrawInTheOrderOfTheList) {
  const Preprocessing preprocessing({Decode{1}, RequireSize{{1, 9}}, Normalize{{2}, {1}}});
  const TransformList list = augmented(preprocessing, std::vector<Transform>{RandomCrop{4}, RandomFlip{}});
  EXPECT_EQ(list.transforms(),
            (std::vector<Transform>{Decode{1}, RequireSize{{1, 9}}, Normalize{{2}, {1}}, RandomCrop{4}, RandomFlip{}}));
  int seen = 0;
  for (int64_t sample = 0; sample < 200; ++sample) {
    const Draw drawn = draw(1, 0, sample);
    std::vector<float> expected;
    for (int64_t x = 0; x < 9; ++x) {
      const int64_t from = (drawn.flip ? 8 - x : x) + drawn.left;
      expected.push_back(drawn.top == 0 && from >= 0 && from < 9 ? static_cast<float>(from - 2) : 0);
    }
    EXPECT_EQ(applied(list, row(9), sample_rng(1, 0, sample)), expected) << sample;
    seen += drawn.top == 0;
  }
  EXPECT_GT(seen, 10);
}

TEST(RandomTransforms, MayStandAnywhereInAList) {
  // On bytes, before resizing floats, and last: each list takes the same two draws.
  const std::vector<Transform> sized = {Decode{1}, RequireSize{{1, 9}}};
  const TransformList bytes({sized[0], sized[1], RandomFlip{}, RandomCrop{2}, Divide{1}});
  const TransformList floats({sized[0], sized[1], Divide{1}, RandomFlip{}, RandomCrop{2}});
  const TransformList resized({sized[0], sized[1], Divide{1}, RandomFlip{}, RandomCrop{2}, Resize{{1, 9}}, Scale{2}, Mirror{}});
  for (int64_t sample = 0; sample < 20; ++sample) {
    std::vector<float> expected = applied(bytes, row(9), sample_rng(0, 0, sample));
    EXPECT_EQ(applied(floats, row(9), sample_rng(0, 0, sample)), expected);
    std::ranges::reverse(expected);
    for (float& value : expected) value *= 2;
    EXPECT_EQ(applied(resized, row(9), sample_rng(0, 0, sample)), expected);
  }
}

TEST(RandomTransforms, AreNoPartOfAPreprocessing) {
  expect_error([] { Preprocessing({Decode{1}, RequireSize{{1, 1}}, RandomFlip{}}); }, ErrorKind::kUsage, {"random"});
  const std::string start = R"([{"step":"decode","channels":1},{"step":"require_size","size":[1,1]},)";
  for (const char* step : {R"({"step":"random_flip"}])", R"({"step":"random_crop","padding":4}])"})
    expect_error([&] { Preprocessing::from_json(start + step); }, ErrorKind::kBadFile, {"random"});
}

TEST(RandomTransforms, ReadBackFromJson) {
  for (const Transform& transform : {Transform(RandomCrop{3}), Transform(RandomFlip{})})
    EXPECT_EQ(transform_from_json(nlohmann::json::parse(to_json(transform).dump()), 0), transform);
}

TEST(Augmentation, OfNothingIsThePreprocessingItself) {
  const Preprocessing preprocessing = Preprocessing::standard(Shape{1, 2, 2}, std::vector<float>{0}, std::vector<float>{1});
  EXPECT_EQ(augmented(preprocessing, {}), preprocessing);
}

TEST(Augmentation, IsNamedByItsTransformsInAnyOrder) {
  const TrainingImages photos{.input = {32, 32}}, digits{.input = {28, 28}, .digits = true}, line{.input = {1, 9}};
  const std::vector<Transform> both{RandomCrop{4}, RandomFlip{}};
  EXPECT_EQ(augmentation_named("crop+flip", photos), both);
  EXPECT_EQ(augmentation_named("flip+crop", photos), both);
  EXPECT_EQ(augmentation_named("auto", photos), both);
  EXPECT_EQ(augmentation_named("auto", digits), std::vector<Transform>{RandomCrop{2}});
  EXPECT_EQ(augmentation_named("flip", digits), std::vector<Transform>{RandomFlip{}});
  EXPECT_EQ(augmentation_named("auto", line), std::vector<Transform>{RandomFlip{}}) << "a padding of 0 is no crop";
  EXPECT_TRUE(augmentation_named("none", photos).empty());
  for (const char* text : {"", "mixup", "crop+", "auto+crop", "crop flip"})
    expect_error([&] { augmentation_named(text, photos); }, ErrorKind::kUsage, {"no augmentation is called", "crop, flip"});
}

TEST(Augmentation, RefusesAPaddingOutOfRange) {
  const Preprocessing preprocessing = Preprocessing::standard(Shape{1, 2, 2}, std::vector<float>{0}, std::vector<float>{1});
  for (const int64_t padding : {-1, 65536})
    expect_error([&] { augmented(preprocessing, std::vector<Transform>{RandomCrop{padding}}); }, ErrorKind::kUsage, {"padding"});
}

}  // namespace
}  // namespace residual::data
