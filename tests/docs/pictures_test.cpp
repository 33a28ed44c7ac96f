// The chart of speeds shows the committed figures, and README.md quotes them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"
#include "docs/pages.h"
#include "layering/tree.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

TEST(DocsPictures, TheChartIsDrawnFromTheFigures) {
  const Workspace workspace;
  if (workspace.shell("command -v python3").code != 0) GTEST_SKIP() << "no python3: scripts/setup check installs it";
  const Outcome outcome = workspace.shell("python3 '" RESIDUAL_SOURCE_DIR "/bench/draw_speed' speed.svg");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(workspace.read("speed.svg"), layering::read("docs/images/speed.svg").text) << "draw it again: bench/draw_speed";
}

TEST(DocsPictures, TheReadmeQuotesTheFigures) {
  const std::string readme = docs::readme().text;
  const nlohmann::json figures = program::json_of(layering::read("bench/figures/epyc_avx512.json").text);
  double best = 0;
  for (const auto& row : figures["rows"]) {
    EXPECT_THAT(readme, HasSubstr(fmt::format(" {:.2f}x", row["ratio"].get<double>())));
    best = std::max(best, row["ratio"].get<double>());
  }
  EXPECT_THAT(readme, HasSubstr(fmt::format("up to {:.1f} times as fast", best)));
}

// README.md is read on slow lines, too.
TEST(DocsPictures, AreSmall) {
  for (const char* name : {"report.png", "predictions.svg", "speed.svg"}) {
    const auto size = std::filesystem::file_size(std::filesystem::path(RESIDUAL_SOURCE_DIR) / "docs/images" / name);
    EXPECT_GT(size, 1000U) << name;
    EXPECT_LT(size, 100'000U) << name;
  }
}

}  // namespace
