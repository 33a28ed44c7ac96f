#include "data/transforms/augment.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

namespace residual::data {
namespace {

std::vector<float> augmented(const std::vector<float>& in, const Shape& chw, const AugmentationDraw& draw) {
  std::vector<float> out(in.size(), -1);
  augment(in, chw, draw, out);
  return out;
}

TEST(Augmentation, MovesPadsWithZerosAndFlips) {
  const std::vector<float> in = {1, 2, 3, 4, 5, 6};
  const Shape chw{1, 2, 3};
  EXPECT_EQ(augmented(in, chw, {}), in);
  EXPECT_EQ(augmented(in, chw, {0, 0, true}), (std::vector<float>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(augmented(in, chw, {1, 0, false}), (std::vector<float>{4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(augmented(in, chw, {-1, 0, false}), (std::vector<float>{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(augmented(in, chw, {0, 1, false}), (std::vector<float>{2, 3, 0, 5, 6, 0}));
  EXPECT_EQ(augmented(in, chw, {0, -2, false}), (std::vector<float>{0, 0, 1, 0, 0, 4}));
  EXPECT_EQ(augmented(in, chw, {0, 1, true}), (std::vector<float>{0, 3, 2, 0, 6, 5}));
  EXPECT_EQ(augmented(in, chw, {5, -9, true}), std::vector<float>(6, 0));
}

TEST(Augmentation, TreatsAllChannelsAlike) {
  EXPECT_EQ(augmented({1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 2, 2}, {1, 1, false}), (std::vector<float>{4, 0, 0, 0, 8, 0, 0, 0}));
}

TEST(Augmentation, DrawsAreTheKnownOnes) {
  const Augmentation both{4, true};
  const std::array<AugmentationDraw, 4> drawn = {draw_augmentation(both, 0, 0, 0), draw_augmentation(both, 0, 0, 1),
                                                 draw_augmentation(both, 0, 1, 0), draw_augmentation(both, 1, 0, 0)};
  const std::array<AugmentationDraw, 4> known = {{{0, -4, false}, {0, 3, true}, {2, 3, false}, {3, -3, false}}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(drawn[i], known[i]) << i << ": " << drawn[i].dy << ", " << drawn[i].dx << ", " << drawn[i].flip;
  }
}

TEST(Augmentation, DrawsAllPlacesAndBothSidesEquallyOften) {
  std::map<int64_t, int> rows, columns;
  int flips = 0;
  constexpr int kDraws = 9000;
  for (int i = 0; i < kDraws; ++i) {
    const AugmentationDraw draw = draw_augmentation({4, true}, 5, 2, i);
    ++rows[draw.dy];
    ++columns[draw.dx];
    flips += draw.flip;
  }
  ASSERT_EQ(rows.size(), 9U);
  ASSERT_EQ(columns.size(), 9U);
  // 1000 expected each; the standard deviation is 30.
  for (const auto& counts : {rows, columns}) {
    for (const auto& [place, count] : counts) {
      EXPECT_LE(std::abs(place), 4);
      EXPECT_NEAR(count, 1000, 150);
    }
  }
  EXPECT_NEAR(flips, kDraws / 2, 250);
}

TEST(Augmentation, WithoutCropOrFlipDrawsNothing) {
  EXPECT_EQ(draw_augmentation({}, 1, 2, 3), AugmentationDraw{});
  EXPECT_FALSE(Augmentation{}.any());
}

}  // namespace
}  // namespace residual::data
