#include "data/overview/info.h"

#include <nlohmann/json.hpp>

#include <cmath>

#include "files.h"

namespace residual::data {
namespace {

DataSource small() {
  static const TemporaryFolder folder;
  write(folder / "train/a/1.png", read(golden("one_pixel.png")));
  write(folder / "train/b/1.png", read(golden("colour.png")));
  write(folder / "train/b/2.png", read(golden("grey_8.png")));
  write(folder / "test/a/1.png", read(golden("colour.png")));
  write(folder / "test/b/1.png", read(golden("colour.png")));
  OpenOptions options;
  options.path = folder.path().string();
  return open_data(options);
}

TEST(DataInfo, CountsClassesAndSizes) {
  const DataInfo info = inspect(small(), 2);
  ASSERT_TRUE(info.train && info.test && !info.validation);
  EXPECT_EQ(info.train->per_class, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(info.train->smallest, (Size2{1, 1}));
  EXPECT_EQ(info.train->largest, (Size2{29, 37}));
  EXPECT_EQ(info.test->images, 2);
}

TEST(DataInfo, MeanAndStdAreOfAllPixels) {
  const DataSource source = small();
  const SplitInfo info = inspect(*source.train);
  std::vector<double> values;
  for (int64_t i = 0; i < source.train->size(); ++i) {
    const Image image = source.train->image(i);
    for (size_t p = 1; p < image.pixels.size(); p += 3) values.push_back(image.pixels[p] / 255.0);
  }
  double mean = 0, square = 0;
  for (double value : values) mean += value / static_cast<double>(values.size());
  for (double value : values) square += (value - mean) * (value - mean) / static_cast<double>(values.size());
  ASSERT_EQ(info.mean.size(), 3U);
  EXPECT_NEAR(info.mean[1], mean, 1e-12);
  EXPECT_NEAR(info.std[1], std::sqrt(square), 1e-12);
}

TEST(DataInfo, DoesNotDependOnThreads) {
  OpenOptions options;
  options.path = "shapes";
  options.train_size = 100;
  const DataSource source = open_data(options);
  const SplitInfo one = inspect(*source.train, 1), five = inspect(*source.train, 5);
  EXPECT_EQ(one.mean, five.mean);
  EXPECT_EQ(one.std, five.std);
}

TEST(DataInfo, IsWrittenAsTextAndJson) {
  const DataInfo info = inspect(small());
  const std::string text = to_text(info);
  for (const char* part :
       {"image folder: 2 classes", "train: 3 images, 1 … 37 pixels wide, 1 … 29 high, most often 37 x 29 (1 of 3), colour",
        "37 x 29 pixels", "mean 0."}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  const auto json = nlohmann::json::parse(to_json(info));
  EXPECT_EQ(json["format"], "folder");
  EXPECT_EQ(json["classes"], nlohmann::json({"a", "b"}));
  EXPECT_EQ(json["train"]["per_class"], nlohmann::json({1, 2}));
  EXPECT_EQ(json["train"]["mean"].size(), 3U);
  EXPECT_EQ(json["train"]["most_common"], nlohmann::json({29, 37}));
  EXPECT_EQ(json["train"]["of_most_common"], 1);
  EXPECT_EQ(json["left_out"]["files"], 0);
}

TEST(DataInfo, NamesAllImagesThatCannotBeRead) {
  const TemporaryFolder folder;
  const std::string image = read(golden("colour.png"));
  write(folder / "a/1.png", image);
  write(folder / "a/2.png", image.substr(0, image.size() / 2));
  write(folder / "a/3.png", image.substr(0, image.size() / 3));
  OpenOptions options;
  options.path = folder.path().string();
  options.channels = 3;
  const DataSource source = open_data(options);
  expect_error([&] { inspect(source, 2); }, ErrorKind::kBadFile, {"2 of 3 images", "2.png", "3.png"});
}

TEST(DataInfo, EndsWhenItsObserverSaysSo) {
  OpenOptions options;
  options.path = "shapes";
  options.train_size = 2'000'000;
  const DataSource source = open_data(options);
  int64_t most = 0;
  const PassObserver observer{.progress = [&](int64_t done, int64_t) { most = done; }, .stop = [&] { return most > 0; }};
  expect_error([&] { inspect(*source.train, 2, observer); }, ErrorKind::kInterrupted, {"interrupted"});
  EXPECT_LT(most, 2'000'000);
}

TEST(DataInfo, OfThePublishedMnistIsWhatTheWorldNormalisesItBy) {
  const fs::path folder = shared_data("mnist");
  if (folder.empty()) GTEST_SKIP() << "no MNIST beside the repository";
  OpenOptions options;
  options.path = folder.string();
  const SplitInfo info = inspect(*open_data(options).train, 2);
  EXPECT_NEAR(info.mean[0], 0.1307, 5e-5);
  EXPECT_NEAR(info.std[0], 0.3081, 5e-5);
}

}  // namespace
}  // namespace residual::data
