#include "docs/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "layering/tree.h"

namespace docs {
namespace {

// Calls block(opening fence, number of its line, lines) for each fenced block, and text(line) for every other line.
template <typename OnBlock, typename OnText>
void walk(const Page& page, OnBlock block, OnText text) {
  const std::vector<std::string> lines = lines_of(page.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t indentation = lines[i].find("```");
    if (indentation == std::string::npos || lines[i].find_first_not_of(' ') != indentation) {
      text(lines[i]);
      continue;
    }
    const size_t opening = i;
    const std::string closing = std::string(indentation, ' ') + "```";
    std::vector<std::string> inside;
    while (++i < lines.size() && lines[i] != closing) {
      const bool indented = lines[i].find_first_not_of(' ') >= indentation;
      EXPECT_TRUE(indented) << page.path << ":" << i + 1 << ": less indented than its block";
      inside.push_back(lines[i].size() > indentation ? lines[i].substr(indentation) : "");
    }
    EXPECT_LT(i, lines.size()) << page.path << ":" << opening + 1 << ": the block is not closed";
    block(lines[opening].substr(indentation + 3), opening + 1, std::move(inside));
  }
}

}  // namespace

std::vector<Page> pages() {
  namespace fs = std::filesystem;
  const fs::path root = RESIDUAL_SOURCE_DIR;
  std::vector<Page> all;
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string path = entry.path().lexically_relative(root).generic_string();
    all.push_back({path, layering::read(path).text});
  }
  std::ranges::sort(all, {}, &Page::path);
  return all;
}

Page readme() {
  return {"README.md", layering::read("README.md").text};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<Block> blocks(const Page& page, std::string_view language) {
  std::vector<Block> found;
  walk(
      page,
      [&](const std::string& fence, size_t line, std::vector<std::string> lines) {
        if (fence == language) found.push_back({line, std::move(lines)});
      },
      [](const std::string&) {});
  return found;
}

std::string prose(const Page& page) {
  std::string text;
  walk(
      page, [](const std::string&, size_t, const std::vector<std::string>&) {},
      [&](const std::string& line) { text += line + "\n"; });
  return text;
}

}  // namespace docs
