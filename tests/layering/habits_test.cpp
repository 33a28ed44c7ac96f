// Conventions that keep the code readable.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "layering/tree.h"

namespace {

std::vector<layering::File> all_sources() {
  std::vector<layering::File> all;
  for (const char* folder : {"src", "include", "tests", "examples", "bench"}) {
    for (auto& file : layering::sources(folder)) all.push_back(std::move(file));
  }
  return all;
}

TEST(Habits, FilesStayUnder500Lines) {
  for (const auto& file : all_sources()) {
    EXPECT_LT(std::count(file.text.begin(), file.text.end(), '\n'), 500)
        << file.path << ": say what its parts hold and give each a file";
  }
}

TEST(Habits, AFolderOfTheLibraryHoldsAtMost18Files) {
  std::map<std::string, int> files;
  for (const auto& file : layering::sources("src")) ++files[file.folder()];
  for (const auto& [folder, count] : files) EXPECT_LE(count, 18) << folder << ": say what its parts hold and give each a folder";
}

TEST(Habits, NoCommentMarksUnfinishedWork) {
  const std::regex mark(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  for (const auto& file : all_sources()) EXPECT_FALSE(std::regex_search(file.text, mark)) << file.path;
}

TEST(Habits, FileNamesAreSnakeCaseAndSpecific) {
  const std::regex name("[a-z0-9_]+\\.(h|cpp|cu)"), vague("(.*_)?(util|utils|misc|helper|helpers|common)\\.(h|cpp|cu)");
  for (const auto& file : all_sources()) {
    const std::string base = std::filesystem::path(file.path).filename();
    EXPECT_TRUE(std::regex_match(base, name)) << file.path;
    EXPECT_FALSE(std::regex_match(base, vague)) << file.path;
  }
}

// Headers that Highway compiles once for each instruction set have Highway's guard.
TEST(Habits, EveryHeaderIsGuarded) {
  for (const auto& file : all_sources()) {
    const bool guarded =
        file.text.find("#pragma once") != std::string::npos || file.text.find("HWY_TARGET_TOGGLE") != std::string::npos;
    EXPECT_TRUE(guarded || !file.path.ends_with(".h")) << file.path;
  }
}

TEST(Habits, TheVersionIsTheSameInCppAndInCmake) {
  const std::string version = layering::read("include/residual/version.h").text;
  const std::regex quoted("kVersion\\[\\] = \"([0-9.]+)\"");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(version, match, quoted));
  EXPECT_NE(layering::read("CMakeLists.txt").text.find("project(residual VERSION " + match[1].str() + " "), std::string::npos);
}

TEST(Habits, TheLibraryNeitherPrintsNorExits) {
  const std::regex call(
      "\\bstd::(cout|cerr|clog|exit|abort|quick_exit|terminate)\\b|\\b(std::)?f?printf\\(|\\bfmt::print\\(|\\bassert\\(");
  for (const auto& file : layering::sources("src")) {
    EXPECT_TRUE(file.path.starts_with("src/cli/") || !std::regex_search(file.text, call)) << file.path;
  }
}

TEST(Habits, PublicHeadersIncludeOnlyTheStandardLibraryAndEachOther) {
  const std::regex allowed("residual/[a-z0-9_]+\\.h|[a-z_]+");
  for (const auto& file : layering::sources("include")) {
    for (const auto& included : layering::includes(file))
      EXPECT_TRUE(std::regex_match(included, allowed)) << file.path << " includes " << included;
  }
}

TEST(Habits, PublicHeadersDefineNoMacroWithoutOurPrefixAndUseNoVendorType) {
  const std::regex macro("\n[ \t]*#[ \t]*define[ \t]+(?!RESIDUAL_)"),
      vendor("\\b(dnnl|hwy|nlohmann|fmt|CLI)(::|_)|\\b(png|jpeg)_[a-z]+");
  for (const auto& file : layering::sources("include")) {
    EXPECT_FALSE(std::regex_search(file.text, macro)) << file.path;
    EXPECT_FALSE(std::regex_search(file.text, vendor)) << file.path;
  }
}

}  // namespace
