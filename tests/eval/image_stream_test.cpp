// Many images, decoded beside the network: the same answers as one by one, in order.
#include "eval/images/image_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <stdexcept>

#include "core/system/file.h"
#include "data/preprocessing/presets.h"
#include "eval/predict.h"
#include "image/formats/png_file.h"
#include "support/surroundings.h"
#include "support/targets.h"

namespace residual::eval {
namespace {

std::shared_ptr<const Model> tiny_model() {
  models::Architecture architecture = models::published("resnet8");
  architecture.input = Shape{3, 8, 8};
  State state = initial_state(models::inference_graph(architecture, 1), 1);
  return std::make_shared<const Model>(Model{architecture, data::divided_by_255(architecture.input), {}, std::move(state), {}});
}

// PNG files of random pixels in different sizes.
std::vector<std::vector<std::byte>> random_files(size_t count) {
  const support::TemporaryFolder folder;
  std::vector<std::vector<std::byte>> files;
  std::mt19937 random(5);
  for (size_t i = 0; i < count; ++i) {
    const int64_t side = 8 + static_cast<int64_t>(i % 5);
    std::vector<uint8_t> pixels(static_cast<size_t>(side * side * 3));
    for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
    write_png(folder / "image.png", {3, side, side, pixels});
    files.push_back(read_file(folder / "image.png"));
  }
  return files;
}

std::vector<StreamedImage> stream_of(const std::vector<std::vector<std::byte>>& files) {
  std::vector<StreamedImage> images;
  for (size_t i = 0; i < files.size(); ++i) images.push_back({"image " + std::to_string(i), [&files, i] { return files[i]; }});
  return images;
}

TEST(ImageStream, GivesEveryImageInOrderWhatAPredictorGivesIt) {
  const auto model = tiny_model();
  const auto files = random_files(23);
  Predictor predictor(model, support::cpu_target(1));
  for (const auto& [batch, threads] : {std::pair{1, 1}, {5, 1}, {5, 3}, {64, 4}}) {
    size_t next = 0;
    predict_stream(*model, stream_of(files),
                   {.target = support::cpu_target(1), .batch_size = batch, .loader_threads = threads, .top = 3},
                   [&](const StreamedResult& result) {
                     ASSERT_EQ(result.index, next);
                     ASSERT_EQ(result.predictions.size(), 3U);
                     const auto expected = predictor.predict(EncodedImage{files[next]}, 3);
                     for (size_t i = 0; i < 3; ++i) {
                       EXPECT_EQ(result.predictions[i].index, expected[i].index);
                       EXPECT_NEAR(result.predictions[i].probability, expected[i].probability, 1e-5);
                     }
                     ++next;
                   });
    EXPECT_EQ(next, files.size());
  }
}

TEST(ImageStream, NamesImagesThatCannotBeUsedAndAnswersTheOthers) {
  const auto model = tiny_model();
  auto files = random_files(6);
  files[0].resize(20);
  files[4] = {std::byte{'x'}};
  std::vector<size_t> bad;
  predict_stream(*model, stream_of(files), {.target = support::cpu_target(1), .batch_size = 4},
                 [&](const StreamedResult& result) {
                   EXPECT_NE(result.error.has_value(), !result.predictions.empty());
                   if (!result.error) return;
                   EXPECT_THAT(result.error->what(), testing::HasSubstr("'image " + std::to_string(result.index) + "'"));
                   bad.push_back(result.index);
                 });
  EXPECT_THAT(bad, testing::ElementsAre(0, 4));
}

TEST(ImageStream, EndsWithWhatAReadingThreadThrows) {
  const auto model = tiny_model();
  const auto files = random_files(40);
  std::vector<StreamedImage> images = stream_of(files);
  images[17].read = []() -> std::vector<std::byte> { throw std::bad_alloc(); };
  EXPECT_THROW(predict_stream(*model, images, {.target = support::cpu_target(1), .batch_size = 2, .loader_threads = 3},
                              [](const StreamedResult&) {}),
               std::bad_alloc);
}

TEST(ImageStream, EndsWithWhatTheCallerThrowsAndReadsNoFurther) {
  const auto model = tiny_model();
  const auto files = random_files(2);
  std::atomic<int> read = 0;
  std::vector<StreamedImage> images(1000, StreamedImage{"image", [&] {
                                                          ++read;
                                                          return files[0];
                                                        }});
  EXPECT_THROW(predict_stream(*model, images, {.target = support::cpu_target(1), .batch_size = 4, .loader_threads = 2},
                              [](const StreamedResult&) { throw std::runtime_error("enough"); }),
               std::runtime_error);
  EXPECT_LE(read, 16) << "four batches at most";
}

TEST(ImageStream, RefusesOptionsOutOfRange) {
  const auto model = tiny_model();
  const auto files = random_files(1);
  const auto refused = [&](StreamOptions options) {
    options.target = support::cpu_target(1);
    EXPECT_THROW(predict_stream(*model, stream_of(files), options, [](const StreamedResult&) {}), Error);
  };
  refused({.batch_size = -1});
  refused({.loader_threads = 0});
  refused({.top = 0});
}

}  // namespace
}  // namespace residual::eval
