// Predictors: batches of images in any layout, results into the caller's memory, several at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <residual/residual.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "image/formats/png_file.h"
#include "support/surroundings.h"

namespace {

using namespace residual;

constexpr int64_t kSide = 8, kClasses = 10;
constexpr ImageShape kShape{3, kSide, kSide};

// H,W,3 bytes that differ from image to image.
std::vector<uint8_t> pixels(size_t image) {
  std::vector<uint8_t> result(kSide * kSide * 3);
  for (size_t i = 0; i < result.size(); ++i) result[i] = static_cast<uint8_t>((i * (2 * image + 3) + 31 * image) % 251);
  return result;
}

class Predictors : public testing::Test {
 protected:
  Predictors() {
    configure({.cache_folder = std::filesystem::path(), .tune = false});
    for (size_t i = 0; i < 5; ++i) bytes_.push_back(pixels(i));
    for (const auto& image : bytes_) views_.emplace_back(image, kShape);
  }
  ~Predictors() override { configure({}); }

  static Model model() { return Model::build("resnet8", {.input = kShape, .preprocessing = "divide-255", .seed = 3}); }

  static std::vector<float> logits_of(Predictor& predictor, std::span<const ImageView> images) {
    std::vector<float> logits(images.size() * kClasses);
    predictor.predict(images, {.logits = logits});
    return logits;
  }

  std::vector<std::vector<uint8_t>> bytes_;
  std::vector<ImageView> views_;
};

TEST_F(Predictors, GiveLogitsProbabilitiesAndTheLikeliestClassesOfABatch) {
  const Model trained = model();
  Predictor predictor = trained.predictor({.threads = 1, .batch_size = 2});
  EXPECT_EQ(predictor.classes(), kClasses);
  EXPECT_EQ(predictor.input(), kShape);
  std::vector<float> logits(5 * kClasses), probabilities(5 * kClasses), top(5 * 3);
  std::vector<int64_t> classes(5 * 3);
  predictor.predict(views_, {.logits = logits, .probabilities = probabilities, .top_classes = classes, .top_probabilities = top});
  for (size_t i = 0; i < 5; ++i) {
    const std::vector<Prediction> expected = trained.predict(views_[i], 3);
    double sum = 0;
    for (size_t c = 0; c < kClasses; ++c) sum += std::exp(logits[i * kClasses + c]);
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(classes[i * 3 + k], expected[k].index);
      EXPECT_NEAR(top[i * 3 + k], expected[k].probability, 1e-5);
      const size_t place = i * kClasses + static_cast<size_t>(classes[i * 3 + k]);
      EXPECT_EQ(top[i * 3 + k], probabilities[place]);
      EXPECT_NEAR(probabilities[place], std::exp(logits[place]) / sum, 1e-6);
    }
  }
  predictor.predict(std::span<const ImageView>(), {});
}

TEST_F(Predictors, GiveTheFeaturesOfStages) {
  const Model trained = model();
  Predictor plain = trained.predictor({.threads = 1}), one = trained.predictor({.threads = 1, .features = {"C2", "C4"}}),
            batches = trained.predictor({.threads = 1, .batch_size = 2, .features = {"C2", "C4"}});
  EXPECT_EQ(one.feature_shape(0), (FeatureShape{16, kSide, kSide}));
  EXPECT_EQ(one.feature_shape(1), (FeatureShape{64, kSide / 4, kSide / 4}));
  EXPECT_THROW(one.feature_shape(2), Error);
  std::vector<float> c2(5 * 16 * kSide * kSide), c4(5 * 64 * kSide * kSide / 16), again2(c2.size()), again4(c4.size());
  std::vector<float> logits(5 * kClasses);
  one.predict(views_, {.logits = logits, .features = {c2, c4}});
  batches.predict(views_, {.features = {again2, again4}});
  for (size_t i = 0; i < c2.size(); ++i) ASSERT_NEAR(c2[i], again2[i], 1e-5) << i;
  for (size_t i = 0; i < c4.size(); ++i) ASSERT_NEAR(c4[i], again4[i], 1e-5) << i;
  EXPECT_GT(*std::ranges::max_element(c4), 0);  // after a ReLU
  EXPECT_EQ(*std::ranges::min_element(c4), 0);
  const std::vector<float> expected = logits_of(plain, views_);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-5) << i;
  EXPECT_THROW(plain.predict(views_, {.features = {c2}}), Error);
  EXPECT_THROW(one.predict(views_, {.features = {std::span(c2).first(7)}}), Error);
  EXPECT_THROW(trained.predictor({.features = {"C9"}}), Error);
}

TEST_F(Predictors, TakePixelsInAnyLayout) {
  Predictor predictor = model().predictor({.threads = 1});
  const std::vector<float> expected = logits_of(predictor, std::span(views_).first(1));
  // Blue before red, a byte of alpha, rows from bottom to top with a gap behind each.
  constexpr ptrdiff_t kRow = kSide * 4 + 5;
  std::vector<uint8_t> bgra(kSide * kRow, 255);
  for (ptrdiff_t y = 0; y < kSide; ++y) {
    for (ptrdiff_t x = 0; x < kSide; ++x) {
      for (ptrdiff_t c = 0; c < 3; ++c) {
        bgra[static_cast<size_t>((kSide - 1 - y) * kRow + x * 4 + 2 - c)] =
            bytes_[0][static_cast<size_t>((y * kSide + x) * 3 + c)];
      }
    }
  }
  const ImageView strided(bgra.data() + (kSide - 1) * kRow + 2, kShape, ElementType::kUint8, {-kRow, 4, -1});
  EXPECT_EQ(logits_of(predictor, {&strided, 1}), expected);
}

TEST_F(Predictors, TakeFloatsAsTheNetworkDoes) {
  Predictor predictor = model().predictor({.threads = 1});
  std::vector<float> planes(bytes_[0].size()), interleaved(bytes_[0].size());
  for (size_t pixel = 0; pixel < kSide * kSide; ++pixel) {
    for (size_t c = 0; c < 3; ++c) {
      interleaved[pixel * 3 + c] = planes[c * kSide * kSide + pixel] = static_cast<float>(bytes_[0][pixel * 3 + c]) / 255;
    }
  }
  const std::vector<float> expected = logits_of(predictor, std::span(views_).first(1));
  const ImageView tensor(planes, kShape), pixels(interleaved.data(), kShape, ElementType::kFloat32, {kSide * 12, 12, 4});
  EXPECT_EQ(logits_of(predictor, {&tensor, 1}), expected);
  EXPECT_EQ(logits_of(predictor, {&pixels, 1}), expected);
  const ImageView smaller(std::span<const float>(planes).first(3 * 4 * 4), {3, 4, 4});
  EXPECT_THROW(logits_of(predictor, {&smaller, 1}), Error);
}

TEST_F(Predictors, TakeFloatsOfWeightsThatDoNotSayHowImagesArePreprocessed) {
  const support::TemporaryFolder folder;
  {
    const Model unknown = Model::build("resnet8", {.input = kShape});
    unknown.save(folder / "unknown.safetensors");
  }
  const Model unknown = Model::load(folder / "unknown.safetensors");
  Predictor predictor = unknown.predictor({.threads = 1});
  EXPECT_THROW(predictor.predict(views_[0]), Error);
  const std::vector<float> planes(3 * kSide * kSide, 0.5F);
  EXPECT_EQ(predictor.predict(ImageView(planes, kShape)).size(), 5U);
}

TEST_F(Predictors, TakeEncodedImages) {
  const support::TemporaryFolder folder;
  write_png(folder / "image.png", {3, kSide, kSide, bytes_[0]});
  std::ifstream stream(folder / "image.png", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  Predictor predictor = model().predictor({.threads = 1, .batch_size = 4});
  const std::vector<float> expected = logits_of(predictor, std::span(views_).first(1));
  const std::vector<EncodedImage> images(3, EncodedImage{std::as_bytes(std::span(text)), "image.png"});
  std::vector<float> logits(3 * kClasses);
  predictor.predict(images, {.logits = logits});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), logits.begin() + static_cast<std::ptrdiff_t>(i * kClasses)));
  }
  EXPECT_EQ(predictor.predict(folder / "image.png", 1).front().index, predictor.predict(images[0], 1).front().index);
  const EncodedImage broken{std::as_bytes(std::span(text)).first(40), "half.png"};
  try {
    predictor.predict(broken);
    ADD_FAILURE() << "half an image is accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
    EXPECT_THAT(error.what(), testing::HasSubstr("half.png"));
  }
}

TEST_F(Predictors, RefuseMemoryOfTheWrongSize) {
  Predictor predictor = model().predictor({.threads = 1});
  std::vector<float> few(5 * kClasses - 1), many(5 * (kClasses + 1));
  std::vector<int64_t> none_fits(7);
  EXPECT_THROW(predictor.predict(views_, {.logits = few}), Error);
  EXPECT_THROW(predictor.predict(views_, {.probabilities = many}), Error);
  EXPECT_THROW(predictor.predict(views_, {.top_classes = none_fits}), Error);
  EXPECT_THROW(model().predictor({.batch_size = 0}), Error);
}

TEST_F(Predictors, OfOneModelRunInSeveralThreadsWithTheSameBits) {
  const Model shared = model();
  Predictor alone = shared.predictor({.threads = 1, .batch_size = 2});
  const std::vector<float> expected = logits_of(alone, views_);
  const std::vector<Prediction> likeliest = shared.predict(views_[0], 3);
  std::vector<std::vector<float>> found(4);
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&] {
      Predictor predictor = shared.predictor({.threads = 1, .batch_size = 2});
      for (int round = 0; round < 20; ++round) mine = logits_of(predictor, views_);
      const std::vector<Prediction> again = shared.predict(views_[0], 3);
      for (size_t k = 0; k < 3; ++k) EXPECT_EQ(again[k].probability, likeliest[k].probability);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : found) EXPECT_EQ(mine, expected);
}

TEST_F(Predictors, KeepTheWeightsThatTheModelHadWhenTheyWereMade) {
  Model changing = model();
  Predictor before = changing.predictor({.threads = 1});
  const std::vector<float> expected = logits_of(before, views_);
  TrainingOptions options;
  options.epochs = 1;
  options.batch_size = 16;
  options.threads = 1;
  changing.train(Dataset::open("shapes", {.train_size = 32, .test_size = 10, .shape = kShape}), options);
  EXPECT_EQ(logits_of(before, views_), expected);
  Predictor after = changing.predictor({.threads = 1});
  EXPECT_NE(logits_of(after, views_), expected);
  changing = model();
  Predictor moved = std::move(before);
  EXPECT_EQ(logits_of(moved, views_), expected);
}

TEST_F(Predictors, AreReadyAfterAWarmUp) {
  const Model warm = model();
  warm.warm_up();
  warm.warm_up({.threads = 1, .batch_size = 4});
  EXPECT_EQ(warm.predict(views_[0], 1).size(), 1U);
  EXPECT_THROW(warm.warm_up({.batch_size = -1}), Error);
}

}  // namespace
