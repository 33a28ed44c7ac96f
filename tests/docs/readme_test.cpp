// README.md's program does what README.md says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/program.h"
#include "docs/pages.h"

namespace {

using program::Outcome;
using program::Workspace;

TEST(SlowReadme, ItsProgramRuns) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out . --count 1").code, 0);
  const Outcome outcome = workspace.shell("mv 000-circle.png image.png && '" RESIDUAL_EXAMPLES "'/readme");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("% right\n(.|\n)*loss [0-9.]+\n"));
  EXPECT_TRUE(std::filesystem::exists(workspace / "model.safetensors"));
}

TEST(Readme, ItsProgramTakesFifteenLines) {
  const std::vector<docs::Block> programs = docs::blocks(docs::readme(), "cpp");
  ASSERT_EQ(programs.size(), 1U);
  const std::vector<std::string>& lines = programs[0].lines;
  const auto begin = std::ranges::find(lines, "int main() {");
  ASSERT_NE(begin, lines.end());
  EXPECT_LE(lines.end() - begin, 15);
}

TEST(Readme, FitsOnAFewScreens) {
  EXPECT_LE(docs::lines_of(docs::readme().text).size(), 220U) << "details belong into docs/";
}

}  // namespace
