#include "data/memory_dataset.h"

#include "data/overview/info.h"
#include "files.h"

namespace residual::data {
namespace {

const std::vector<std::string> kClasses = {"cat", "dog"};

std::vector<Image> grey_images(size_t count) {
  std::vector<Image> images;
  for (size_t i = 0; i < count; ++i) images.push_back({1, 1, 2, {static_cast<uint8_t>(i), 7}});
  return images;
}

std::unique_ptr<Dataset> grey(size_t count) {
  std::vector<int64_t> labels;
  for (size_t i = 0; i < count; ++i) labels.push_back(static_cast<int64_t>(i % 2));
  return memory_dataset(grey_images(count), labels, kClasses);
}

TEST(MemoryDataset, GivesItsImagesLabelsAndClasses) {
  const std::unique_ptr<Dataset> dataset = grey(3);
  EXPECT_EQ(dataset->size(), 3);
  EXPECT_EQ(dataset->label(1), 1);
  EXPECT_EQ(dataset->image(2), (Image{1, 1, 2, {2, 7}}));
  EXPECT_EQ(dataset->classes(), kClasses);
  EXPECT_EQ(dataset->image_shape(), (Shape{1, 1, 2}));
  EXPECT_EQ(dataset->name(2), "image 2 in memory");
}

TEST(MemoryDataset, RefusesPartsThatDoNotFitTogether) {
  const auto refused = [](std::vector<Image> images, std::vector<int64_t> labels, std::vector<std::string> classes,
                          const std::string& word) {
    expect_error([&] { memory_dataset(images, labels, classes); }, ErrorKind::kUsage, {word});
  };
  refused({}, {}, kClasses, "no images");
  refused(grey_images(1), {0}, {}, "no classes");
  refused(grey_images(2), {0}, kClasses, "2 images in memory have 1 labels");
  refused(grey_images(2), {0, 2}, kClasses, "label 2, expected 0 … 1");
  refused(grey_images(2), {-1, 0}, kClasses, "label -1");
  refused({{1, 1, 1, {}}}, {0}, kClasses, "0 bytes");
  refused({{1, 1, 1, {5}}, {3, 1, 1, {5, 6, 7}}}, {0, 1}, kClasses, "image 1 in memory has 3 channels");
}

TEST(MemorySource, HoldsTheSplitsThatItIsGiven) {
  const DataSource source = memory_source(grey(6), nullptr, grey(4));
  EXPECT_EQ(name_of(source.format), "memory");
  EXPECT_EQ(source.found, "images in memory: 2 classes, 6 training images, 4 test images (1x1x2)");
  EXPECT_EQ(source.find("validation"), nullptr);
  EXPECT_EQ(source.split("").size(), 4);
  EXPECT_EQ(inspect(source).train->per_class, (std::vector<int64_t>{3, 3}));
}

TEST(MemorySource, SplitsValidationImagesOff) {
  const DataSource source = memory_source(grey(10), nullptr, nullptr, 0.4, 3);
  EXPECT_EQ(source.train->size(), 6);
  EXPECT_EQ(source.validation->size(), 4);
  expect_error([] { memory_source(grey(4), grey(4), nullptr, 0.5); }, ErrorKind::kUsage, {"validation split of its own"});
  expect_error([] { memory_source(nullptr, nullptr, grey(4), 0.5); }, ErrorKind::kUsage, {"no training images"});
  expect_error([] { memory_source(grey(4), nullptr, nullptr, 2); }, ErrorKind::kUsage, {"0 to 0.9"});
}

TEST(MemorySource, RefusesSplitsThatDoNotBelongTogether) {
  expect_error([] { memory_source(nullptr, nullptr, nullptr); }, ErrorKind::kUsage, {"training, validation or test"});
  expect_error([] { memory_source(grey(2), nullptr, memory_dataset(grey_images(1), {0}, {"cat"})); }, ErrorKind::kUsage,
               {"different classes"});
}

}  // namespace
}  // namespace residual::data
