// The name that a misspelt one probably stands for.
#include "core/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace residual {
namespace {

const std::vector<std::string> kNames{"train", "eval", "--batch-size", "--epochs", "resnet18", "resnet50"};

TEST(NearestName, TakesTheFewestChanges) {
  EXPECT_EQ(nearest_name("trian", kNames), "train");
  EXPECT_EQ(nearest_name("evla", kNames), "eval");
  EXPECT_EQ(nearest_name("resnet5O", kNames), "resnet50");
  EXPECT_EQ(nearest_name("RESNET18", kNames), "resnet18");
}

TEST(NearestName, MayGoOnAfterTheLettersAskedFor) {
  EXPECT_EQ(nearest_name("--batch", kNames), "--batch-size");
  EXPECT_EQ(nearest_name("--bacth", kNames), "--batch-size");
}

TEST(NearestName, IsNoneWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("quasimodo", kNames), "");
  EXPECT_EQ(nearest_name("train", {}), "");
  EXPECT_EQ(nearest_hint("quasimodo", kNames), "");
  EXPECT_EQ(nearest_hint("epochs", kNames), "; the nearest name is '--epochs'");
  EXPECT_EQ(nearest_name(std::string(100'000, 'x'), kNames), "");
}

}  // namespace
}  // namespace residual
