// README.md and docs/*.md, for tests that read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace docs {

struct Page {
  std::string path;  ///< relative to the project
  std::string text;

  std::string name() const { return path.substr(path.rfind('/') + 1); }
};

/// A fenced block. Its lines have no indentation beyond that of the fence.
struct Block {
  size_t line;                     ///< of the opening fence, from 1
  std::vector<std::string> lines;  ///< without the fences
};

/// All pages of docs/ and its folders, sorted by path.
std::vector<Page> pages();
Page readme();

std::vector<std::string> lines_of(std::string_view text);

/// The blocks whose opening fence names this language: ```sh. Fails the test where a block is not closed.
std::vector<Block> blocks(const Page& page, std::string_view language);

/// The text without fenced blocks.
std::string prose(const Page& page);

}  // namespace docs
