// The code blocks of docs/*.md are lines of the files that they name.
#include <gtest/gtest.h>

#include <algorithm>

#include "docs/pages.h"
#include "layering/tree.h"

namespace {

using Lines = std::vector<std::string>;

// "  text" -> 2
size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Whether the lines follow each other in the file from line `first` on, all moved by the same number of columns.
bool stands_at(const Lines& lines, const Lines& file, size_t first) {
  if (first + lines.size() > file.size()) return false;
  const auto shift = static_cast<std::ptrdiff_t>(indentation(file[first])) - static_cast<std::ptrdiff_t>(indentation(lines[0]));
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string &line = lines[i], &other = file[first + i];
    if (line.empty() != other.empty() || line.substr(indentation(line)) != other.substr(indentation(other))) return false;
    const auto moved = static_cast<std::ptrdiff_t>(indentation(other)) - static_cast<std::ptrdiff_t>(indentation(line));
    if (!line.empty() && moved != shift) return false;
  }
  return true;
}

bool contains(const Lines& file, const Lines& lines) {
  for (size_t first = 0; first < file.size(); ++first) {
    if (stands_at(lines, file, first)) return true;
  }
  return false;
}

// The parts of a block between its lines "// …".
std::vector<Lines> parts_of(const docs::Block& block) {
  std::vector<Lines> parts(1);
  for (size_t i = 1; i < block.lines.size(); ++i) {
    const std::string& line = block.lines[i];
    if (line.substr(indentation(line)) == "// …")
      parts.emplace_back();
    else
      parts.back().push_back(line);
  }
  return parts;
}

TEST(DocsExamples, AreLinesOfTheFilesThatTheyName) {
  size_t blocks = 0;
  for (const docs::Page& page : docs::pages()) {
    for (const docs::Block& block : docs::blocks(page, "cpp")) {
      const std::string where = page.path + ":" + std::to_string(block.line);
      ASSERT_FALSE(block.lines.empty()) << where;
      ASSERT_TRUE(block.lines[0].starts_with("// ")) << where << ": the first line names the file that the block is from";
      const std::string path = block.lines[0].substr(3), text = layering::read(path).text;
      ASSERT_NE(text, "") << where << ": there is no " << path;
      for (const Lines& part : parts_of(block)) {
        ASSERT_FALSE(part.empty()) << where;
        EXPECT_TRUE(contains(docs::lines_of(text), part)) << where << ": " << path << " does not contain\n" << part.front();
      }
      ++blocks;
    }
  }
  EXPECT_GE(blocks, 8U);
}

TEST(DocsExamples, AChangedMovedOrJoinedLineIsFound) {
  const Lines file{"int f() {", "  if (a)", "    b();", "}", "int g();"};
  EXPECT_TRUE(contains(file, {"int f() {", "  if (a)", "    b();", "}"}));
  EXPECT_TRUE(contains(file, {"if (a)", "  b();"})) << "moved as a whole";
  EXPECT_FALSE(contains(file, {"int f() {", "  if (b)"})) << "changed";
  EXPECT_FALSE(contains(file, {"  if (a)", "  b();"})) << "crushed";
  EXPECT_FALSE(contains(file, {"  if (a) b();"})) << "joined";
  EXPECT_FALSE(contains(file, {"int f() {", "}"})) << "left out without a mark";
  EXPECT_FALSE(contains(file, {"int g();", "int h();"})) << "beyond the end";
}

}  // namespace
