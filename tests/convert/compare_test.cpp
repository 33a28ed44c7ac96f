#include "convert/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "convert/models.h"
#include "core/error.h"

namespace residual::convert {
namespace {

CompareOptions quick() {
  CompareOptions options;
  options.batch_size = 4;
  options.threads = 1;
  return options;
}

TEST(Compare, AModelIsTheSameAsItself) {
  eval::Model a = some_model(), b = some_model();
  const Comparison comparison = compare(a, b, nullptr, quick());
  EXPECT_TRUE(comparison.same);
  EXPECT_FALSE(comparison.first);
  ASSERT_EQ(comparison.batches.size(), 2U);
  EXPECT_EQ(comparison.batches[0].batch_size, 1);
  EXPECT_EQ(comparison.batches[1].batch_size, 4);
  for (const BatchComparison& batch : comparison.batches) {
    EXPECT_EQ(batch.pictures, 4);
    EXPECT_EQ(batch.agree, 4);
    EXPECT_EQ(batch.absolute, 0);
  }
}

// Whichever layer is changed, that one is named, not one before or behind it.
TEST(Compare, NamesTheLayerWhoseWeightsWereChanged) {
  for (const char* layer : {"conv1", "layer1.0.conv2", "layer2.0.bn1", "layer3.0.conv1", "linear"}) {
    eval::Model a = some_model(), b = some_model();
    for (float& weight : b.state.at(std::string(layer) + ".weight").as<float>()) weight *= 1.01F;
    // What begins at zero would hide a changed scale.
    for (eval::Model* model : {&a, &b}) model->state.at("linear.bias").as<float>()[0] = 0.5F;
    const Comparison comparison = compare(a, b, nullptr, quick());
    EXPECT_FALSE(comparison.same) << layer;
    ASSERT_TRUE(comparison.first) << layer;
    EXPECT_EQ(comparison.first->name, layer);
    ASSERT_TRUE(comparison.first->relative) << layer;
    EXPECT_NEAR(*comparison.first->relative, 0.01, 0.005) << layer;
  }
}

TEST(Compare, ALogitThatIsNoNumberIsADifferenceWhereverItStands) {
  eval::Model a = some_model(), b = some_model();
  b.state.at("linear.bias").as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  const Comparison comparison = compare(a, b, nullptr, quick());
  EXPECT_FALSE(comparison.same);
  EXPECT_TRUE(std::isnan(comparison.batches[0].absolute));
  ASSERT_TRUE(comparison.first);
  EXPECT_EQ(comparison.first->name, "linear");
}

TEST(Compare, NetworksOfOtherInputOrClassesCannotBeCompared) {
  eval::Model a = some_model(), wide = some_model("resnet8", Shape{3, 16, 16}), other = some_model();
  other.architecture.classes = 6;
  EXPECT_THROW(compare(a, wide, nullptr, quick()), Error);
  EXPECT_THROW(compare(a, other, nullptr, quick()), Error);
}

TEST(Compare, PicturesOfADataSetAreTakenInTheirOrderAndAtMostAsManyAsWanted) {
  data::OpenOptions open;
  open.path = "shapes";
  open.train_size = 10;
  open.test_size = 10;
  open.shapes_height = open.shapes_width = 8;
  const data::DataSource source = data::open_data(open);
  eval::Model a = some_model(), b = some_model();
  CompareOptions options = quick();
  options.pictures = 7;
  const Comparison comparison = compare(a, b, &source.split("test"), options);
  for (const BatchComparison& batch : comparison.batches) EXPECT_EQ(batch.pictures, 7);
  EXPECT_TRUE(comparison.same);
}

}  // namespace
}  // namespace residual::convert
