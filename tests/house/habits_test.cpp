// Small habits that keep the house readable.
#include <gtest/gtest.h>

#include <algorithm>

#include "house/tree.h"

namespace {

std::vector<house::File> all_sources() {
  std::vector<house::File> all;
  for (const char* folder : {"src", "include", "tests", "examples", "bench"}) {
    for (auto& file : house::sources(folder)) all.push_back(std::move(file));
  }
  return all;
}

TEST(Habits, files_stay_under_500_lines) {
  for (const auto& file : all_sources()) {
    EXPECT_LT(std::count(file.text.begin(), file.text.end(), '\n'), 500)
        << file.path << ": say what its parts hold and give each a file";
  }
}

TEST(Habits, nothing_is_left_for_later_in_a_comment) {
  const std::regex mark(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  for (const auto& file : all_sources()) EXPECT_FALSE(std::regex_search(file.text, mark)) << file.path;
}

TEST(Habits, file_names_are_snake_case_and_say_something) {
  const std::regex name("[a-z0-9_]+\\.(h|cpp|cu)"), vague("(.*_)?(util|utils|misc|helper|helpers|common)\\.(h|cpp|cu)");
  for (const auto& file : all_sources()) {
    const std::string base = std::filesystem::path(file.path).filename();
    EXPECT_TRUE(std::regex_match(base, name)) << file.path;
    EXPECT_FALSE(std::regex_match(base, vague)) << file.path;
  }
}

// Headers that Highway compiles once for each instruction set have its own guard.
TEST(Habits, every_header_is_guarded) {
  for (const auto& file : all_sources()) {
    const bool guarded =
        file.text.find("#pragma once") != std::string::npos || file.text.find("HWY_TARGET_TOGGLE") != std::string::npos;
    EXPECT_TRUE(guarded || !file.path.ends_with(".h")) << file.path;
  }
}

TEST(Habits, the_version_is_the_same_for_compilers_and_for_cmake) {
  const std::string version = house::read("include/residual/version.h").text;
  const std::regex quoted("kVersion\\[\\] = \"([0-9.]+)\"");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(version, match, quoted));
  EXPECT_NE(house::read("CMakeLists.txt").text.find("project(residual VERSION " + match[1].str() + " "), std::string::npos);
}

TEST(Habits, the_library_neither_prints_nor_exits) {
  const std::regex call(
      "\\bstd::(cout|cerr|clog|exit|abort|quick_exit|terminate)\\b|\\b(std::)?f?printf\\(|\\bfmt::print\\(|\\bassert\\(");
  for (const auto& file : house::sources("src")) {
    EXPECT_TRUE(file.path.starts_with("src/cli/") || !std::regex_search(file.text, call)) << file.path;
  }
}

TEST(Habits, public_headers_include_only_the_standard_library_and_each_other) {
  const std::regex allowed("residual/[a-z0-9_]+\\.h|[a-z_]+");
  for (const auto& file : house::sources("include")) {
    for (const auto& included : house::includes(file))
      EXPECT_TRUE(std::regex_match(included, allowed)) << file.path << " includes " << included;
  }
}

TEST(Habits, public_headers_define_no_macro_without_our_prefix_and_name_no_vendor_type) {
  const std::regex macro("\n[ \t]*#[ \t]*define[ \t]+(?!RESIDUAL_)"),
      vendor("\\b(dnnl|hwy|nlohmann|fmt|CLI)(::|_)|\\b(png|jpeg)_[a-z]+");
  for (const auto& file : house::sources("include")) {
    EXPECT_FALSE(std::regex_search(file.text, macro)) << file.path;
    EXPECT_FALSE(std::regex_search(file.text, vendor)) << file.path;
  }
}

}  // namespace
