#include "convert/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "convert/models.h"
#include "core/error.h"
#include "core/tensor/floating.h"
#include "eval/evaluate.h"
#include "runtime/session.h"
#include "support/targets.h"

namespace residual::convert {
namespace {

CompareOptions quick() {
  CompareOptions options;
  options.batch_size = 4;
  options.target = support::cpu_target(1);
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
    EXPECT_EQ(batch.images, 4);
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

data::DataSource some_images(int64_t count) {
  data::OpenOptions open;
  open.path = "shapes";
  open.train_size = 10;
  open.test_size = count;
  open.shapes_height = open.shapes_width = 8;
  return data::open_data(open);
}

// Of all images one after the other, at once.
std::vector<float> all_logits(eval::Model& model, const data::Preprocessing& preprocessing, const data::Dataset& dataset) {
  Session session(eval::inference_plan(model.architecture, 1, support::cpu_target(1)), model.state);
  std::vector<float> logits;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    preprocessing.apply(dataset.image(i), session.input<float>("images"));
    session.run();
    const std::span<const float> row = session.output<float>("logits");
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return logits;
}

// All logits there are, one image at a time.
BatchComparison compared_at_once(const std::vector<float>& a, const std::vector<float>& b, size_t classes) {
  BatchComparison result{.batch_size = 1, .images = static_cast<int64_t>(a.size() / classes)};
  const auto likeliest = [&](const std::vector<float>& logits, size_t at) {
    const std::span<const float> row = std::span(logits).subspan(at, classes);
    return std::ranges::max_element(row) - row.begin();
  };
  for (size_t at = 0; at < a.size(); at += classes) result.agree += likeliest(a, at) == likeliest(b, at);
  double largest = 0;
  for (const float logit : a) largest = std::max(largest, std::abs(static_cast<double>(logit)));
  result.absolute = largest_difference(a, b);
  result.relative = result.absolute / largest;
  return result;
}

// However the images fall into batches, and whichever of these holds the largest difference and the largest logit.
TEST(Compare, WhatIsToldIsOfAllImagesTogether) {
  const data::DataSource source = some_images(11);
  const data::Dataset& images = source.split("test");
  eval::Model a = some_model(), b = some_model("resnet8", Shape{3, 8, 8}, 8);
  b.preprocessing = data::Preprocessing::standard(Shape{3, 8, 8}, std::vector{0.1F, 0.2F, 0.3F}, std::vector{1.F, 1.F, 1.F});
  for (const bool own : {false, true}) {
    const BatchComparison expected =
        compared_at_once(all_logits(a, a.preprocessing, images), all_logits(b, (own ? b : a).preprocessing, images), 5);
    for (const int64_t batch_size : {2, 4, 11, 16}) {
      CompareOptions options = quick();
      options.batch_size = batch_size;
      options.own_preprocessing = own;
      const Comparison comparison = compare(a, b, &images, options);
      EXPECT_EQ(comparison.batches[0].absolute, expected.absolute);
      EXPECT_EQ(comparison.batches[0].relative, expected.relative);
      for (const BatchComparison& batch : comparison.batches) {
        EXPECT_EQ(batch.images, 11) << batch_size;
        EXPECT_EQ(batch.agree, expected.agree) << batch_size;
        // Kernels of another batch size add in another order.
        EXPECT_NEAR(batch.absolute, expected.absolute, 1e-5) << batch_size;
        EXPECT_NEAR(batch.relative, expected.relative, 1e-5) << batch_size;
      }
    }
  }
}

TEST(Compare, ImagesOfADataSetAreTakenInTheirOrderAndAtMostAsManyAsWanted) {
  const data::DataSource source = some_images(10);
  eval::Model a = some_model(), b = some_model();
  CompareOptions options = quick();
  options.images = 7;
  const Comparison comparison = compare(a, b, &source.split("test"), options);
  for (const BatchComparison& batch : comparison.batches) EXPECT_EQ(batch.images, 7);
  EXPECT_TRUE(comparison.same);
}

}  // namespace
}  // namespace residual::convert
