// Logits as probabilities and as a ranking of the classes.
#include "eval/logits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"

namespace residual::eval {
namespace {

TEST(Logits, RankTheClassesEqualOnesByIndex) {
  const std::vector<float> logits{1, 3, -2, 3, 0};
  std::vector<int64_t> top(4);
  top_classes(logits, top);
  EXPECT_THAT(top, testing::ElementsAre(1, 3, 0, 4));
}

TEST(Logits, SoftmaxOfLargeLogitsDoesNotOverflow) {
  const std::vector<float> logits{1000, 1001, -1000};
  const Softmax softmax(logits);
  EXPECT_NEAR(softmax(1001), 1 / (1 + std::exp(-1.0)), 1e-12);
  EXPECT_NEAR(softmax(1000) + softmax(1001) + softmax(-1000), 1, 1e-12);
}

TEST(Logits, ThatAreNotFiniteAreAnError) {
  check_finite(std::vector<float>{0, -5});
  EXPECT_THROW(check_finite(std::vector<float>{0, std::numeric_limits<float>::infinity()}), Error);
  EXPECT_THROW(check_finite(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}), Error);
}

}  // namespace
}  // namespace residual::eval
