// Class names in the public interface, and published weights by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <residual/residual.h>

#include <algorithm>
#include <cstdlib>

#include "support/surroundings.h"

namespace {

using namespace residual;
using testing::ElementsAre;

class ApiClasses : public testing::Test {
 protected:
  ApiClasses() {
    ::setenv("RESIDUAL_CACHE_DIR", folder_.path().c_str(), 1);
    ::setenv("RESIDUAL_TUNE", "0", 1);
    ::setenv("RESIDUAL_FETCH_MIRROR", "http://127.0.0.1:9", 1);  // nothing is downloaded
  }
  ~ApiClasses() override { ::unsetenv("RESIDUAL_FETCH_MIRROR"); }

  // Images of one colour each, 30 of every class; colour c of the list is class c.
  static Dataset colours(const std::vector<int>& channels, const std::vector<std::string>& classes) {
    static std::vector<std::vector<uint8_t>> pixels;
    std::vector<ImageView> images;
    std::vector<int64_t> labels;
    pixels.clear();
    for (size_t i = 0; i < 30 * channels.size(); ++i) {
      std::vector<uint8_t> image(8 * 8 * 3, static_cast<uint8_t>(i / channels.size()));
      const size_t label = i % channels.size();
      for (size_t p = 0; p < 64; ++p) image[p * 3 + static_cast<size_t>(channels[label])] = 250;
      pixels.push_back(std::move(image));
      labels.push_back(static_cast<int64_t>(label));
    }
    for (const auto& image : pixels) images.emplace_back(image, ImageShape{3, 8, 8});
    return Dataset::from_memory(images, labels, classes);
  }

  static Model trained() {
    const Dataset data = colours({0, 1, 2}, {"ant", "bee", "cat"});
    Model model = Model::build("linear", data);
    TrainingOptions options;
    options.epochs = 12;
    options.batch_size = 10;
    options.threads = 1;
    options.augmentation = "none";
    model.train(data, options);
    EXPECT_EQ(model.evaluate(data).top1(), 1.0);
    return model;
  }

  const support::TemporaryFolder folder_;
};

TEST_F(ApiClasses, OfOtherDataAreFoundByTheirNames) {
  const Model model = trained();
  const Evaluation some = model.evaluate(colours({1, 2, 0}, {"Bee", "cat", "dog"}));
  EXPECT_EQ(some.images, 60);
  EXPECT_EQ(some.correct, 60);
  EXPECT_EQ(some.classes_by, ClassesBy::kFoldedNames);
  EXPECT_THAT(some.unknown_classes, ElementsAre("dog"));
  EXPECT_EQ(some.images_left_out, 30);
  const Evaluation subset = model.evaluate(colours({2, 1}, {"cat", "bee"}));
  EXPECT_EQ(subset.top1(), 1.0);
  EXPECT_EQ(subset.classes_by, ClassesBy::kNames);
  const Evaluation numbered = model.evaluate(colours({0, 1, 2}, {"x", "y", "z"}));
  EXPECT_EQ(numbered.top1(), 1.0);
  EXPECT_EQ(numbered.classes_by, ClassesBy::kNumbers);
}

TEST_F(ApiClasses, OfWhichSomeAreOthersGiveAnAdaptedModelANewHead) {
  const Model model = trained();
  const auto head_of = [](const Model& one) {
    const std::vector<std::byte> bytes = one.to_bytes();
    return std::vector<std::byte>(bytes.end() - 3 * 8 * 8 * 3 * 4, bytes.end());  // the weights, the file's last tensor
  };
  EXPECT_EQ(
      model.adapted_to(colours({0, 1, 2}, {"ant", "bee", "cat"})).evaluate(colours({0, 1, 2}, {"ant", "bee", "cat"})).top1(),
      1.0);
  EXPECT_EQ(head_of(model.adapted_to(colours({0, 1, 2}, {"ant", "bee", "cat"}), 5)), head_of(model));
  EXPECT_NE(head_of(model.adapted_to(colours({0, 1, 2}, {"bee", "cat", "dog"}), 5)), head_of(model));
}

TEST_F(ApiClasses, PublishedWeightsHaveANameThatIsListed) {
  const auto kind = [](const std::string& name) {
    try {
      Model::published(name);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInterrupted;  // none of those expected
  };
  EXPECT_EQ(kind("resnet5O"), ErrorKind::kUsage);
  EXPECT_EQ(kind("mnist"), ErrorKind::kUsage);
  EXPECT_NE(kind("resnet50"), ErrorKind::kInterrupted) << "the mirror cannot be reached";
}

}  // namespace
