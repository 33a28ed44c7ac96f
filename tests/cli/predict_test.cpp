// residual predict on many images, and the forms of its results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size(); from = text.find('\n', from) + 1)
    lines.push_back(text.substr(from, text.find('\n', from) - from));
  return lines;
}

TEST(Predict, TakesImagesOfAFolderByTheirContent) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --count 3 --out all").code, 0);
  ASSERT_EQ(workspace.shell("mv all/000* all/photo.jfif && mv all/001* all/photo && mv all/002* all/photo.webp").code, 0);
  workspace.write("all/Thumbs.db", "\xD0\xCF\x11\xE0");
  workspace.write("all/a.xml", "<x/>");
  workspace.write("all/b.XML", "<x/>");
  workspace.write("all/empty", "");
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " all --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  int images = 0, left_out = 0;
  for (const auto& entry : program::json_of(outcome.out)) {
    images += entry.contains("predictions");
    left_out += entry.contains("left_out");
  }
  EXPECT_EQ(images, 3);
  EXPECT_EQ(left_out, 4);
  EXPECT_THAT(outcome.err, HasSubstr("4 files that are no images are left out (without ending 1, .db 1, .xml 2)"));
}

TEST(Predict, LeavesOutWhatMacOSPutsBesideImages) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --count 2 --out all").code, 0);
  ASSERT_EQ(workspace.shell("mkdir -p all/__MACOSX/all && cp all/000* all/__MACOSX/all/ && cp all/000* all/._x.png").code, 0);
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " all --json-lines");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 2U) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("2 hidden files are left out"));
}

TEST(Predict, NamesAFileThatIsCalledLikeAnImageAndIsNone) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --count 1 --out all").code, 0);
  workspace.write("all/page.jpg", "<html>");
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " all");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("all/page.jpg"));
}

TEST(Predict, GivesTheSameInEveryFormAndBatch) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --input 3x8x8 --count 70 --out all").code, 0);
  const std::string predict = "predict " + program::tiny_model().string() + " all --top 2 --threads 1 ";
  const nlohmann::json list = program::json_of(workspace.run(predict + "--json").out);
  const std::vector<std::string> lines = lines_of(workspace.run(predict + "--json-lines").out);
  const std::vector<std::string> rows = lines_of(workspace.run(predict + "--csv --loader-threads 3").out);
  ASSERT_EQ(list.size(), 70U);
  ASSERT_EQ(lines.size(), 70U);
  ASSERT_EQ(rows.size(), 1 + 2 * 70U);
  EXPECT_EQ(rows[0], "image,rank,class,index,probability,note\r");
  for (size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(program::json_of(lines[i]), list[i]);
    const nlohmann::json& best = list[i]["predictions"][0];
    EXPECT_THAT(rows[1 + 2 * i],
                testing::StartsWith(list[i]["image"].get<std::string>() + ",1," + best["class"].get<std::string>() + ","));
  }
  const nlohmann::json one = program::json_of(workspace.run(predict + "--json --batch-size 1").out);
  for (size_t i = 0; i < list.size(); ++i) {
    EXPECT_NEAR(one[i]["predictions"][0]["probability"].get<double>(), list[i]["predictions"][0]["probability"].get<double>(),
                1e-5);
  }
}

TEST(Predict, QuotesNamesInCsvAndNotesWhatWentWrong) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --count 1 --out all").code, 0);
  ASSERT_EQ(workspace.shell("mv all/000-circle.png 'all/a, \"b\".png'").code, 0);
  workspace.write("all/notes.txt", "");
  workspace.write("all/z.png", "x");
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " all --top 1 --csv");
  EXPECT_EQ(outcome.code, 3);
  const std::vector<std::string> rows = lines_of(outcome.out);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_THAT(rows[1], testing::StartsWith("\"all/a, \"\"b\"\".png\",1,"));
  EXPECT_THAT(rows[2], testing::StartsWith("all/z.png,,,,,"));
  EXPECT_EQ(rows[3], "all/notes.txt,,,,,it is no image\r");
}

TEST(Predict, TakesOneFormOfResults) {
  EXPECT_EQ(Workspace().run("predict " + program::tiny_model().string() + " x.png --json --csv").code, 2);
}

}  // namespace
