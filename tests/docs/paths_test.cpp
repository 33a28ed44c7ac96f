// Paths of files in comments and documents lead somewhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "docs/pages.h"
#include "layering/tree.h"

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = RESIDUAL_SOURCE_DIR;
constexpr const char* kPlaces[] = {"", "src", "include", "include/residual", "tests"};

bool exists(const std::string& path, const std::string& folder) {
  if (fs::exists(kRoot / folder / path)) return true;
  for (const char* place : kPlaces) {
    if (fs::exists(kRoot / place / path)) return true;
  }
  return false;
}

// The first names that paths of the project have: "src", "train", "docs" …
std::set<std::string> first_names() {
  std::set<std::string> names;
  for (const char* place : kPlaces) {
    for (const auto& entry : fs::directory_iterator(kRoot / place)) {
      if (entry.is_directory()) names.insert(entry.path().filename());
    }
  }
  return names;
}

// The names of all files and folders below those that are documented.
std::set<std::string> all_names() {
  std::set<std::string> names;
  for (const char* folder : {"src", "include", "tests", "bench", "scripts", "cmake", "examples", "docs"}) {
    names.insert(folder);
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) names.insert(entry.path().filename());
  }
  return names;
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) found.push_back((*match)[1]);
  return found;
}

// Paths of two or more parts with an extension of sources: "train/options/options.h".
const std::regex kSourcePath(R"((?:^|[^\w./<$}-])((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:h|cpp|cmake|py|js))\b)");

TEST(DocsPaths, InCommentsLeadToFiles) {
  const std::set<std::string> ours = first_names();
  const std::regex comment("(?:^|\\s)//(.*)");
  size_t found = 0;
  for (const char* folder : {"src", "include", "tests", "examples", "bench"}) {
    for (const layering::File& file : layering::sources(folder)) {
      for (const std::string& text : matches(file.text, comment)) {
        for (const std::string& path : matches(text, kSourcePath)) {
          if (!ours.contains(path.substr(0, path.find('/')))) continue;
          EXPECT_TRUE(exists(path, file.folder())) << file.path << " says " << path;
          ++found;
        }
      }
    }
  }
  EXPECT_GE(found, 20U);
}

// Developers' pages are full of paths: in code spans, folders end with a slash, and capitals stand for a name.
TEST(DocsPaths, InDevelopersPagesLeadToFilesAndFolders) {
  const std::regex span("`([a-z_0-9./]+)`"), file_name(R"([a-z_0-9]+\.(h|cpp|cmake|py|js))");
  const std::set<std::string> names = all_names();
  size_t found = 0;
  for (const docs::Page& page : docs::pages()) {
    if (page.name() != "ADDING.md" && page.name() != "ARCHITECTURE.md") continue;
    for (const std::string& path : matches(docs::prose(page), span)) {
      const size_t slash = path.find('/');
      if (slash == std::string::npos && !std::regex_match(path, file_name)) continue;
      // One name alone may be inside the module that the text is about.
      const bool known = slash >= path.size() - 1 ? names.contains(path.substr(0, slash)) : exists(path, "");
      EXPECT_TRUE(known) << page.path << " says " << path;
      ++found;
    }
  }
  EXPECT_GE(found, 60U);
}

// `src/image/formats/NAME.cpp` in a section of ADDING.md, NAME and GROUP standing for any name, is the path of a file that the
// section quotes.
TEST(DocsPaths, WithNamesToFillInAreThoseOfTheQuotedExamples) {
  const std::regex span(R"(`(src/[A-Za-z_0-9/]*NAME[A-Za-z_]*\.(?:h|cpp))`)"),
      quoted(R"((?:^|\n) *// (src/[a-z_0-9/]+\.(?:h|cpp))\n)");
  const std::string text = layering::read("docs/ADDING.md").text;
  size_t found = 0;
  for (size_t begin = text.find("\n## "), end = 0; begin != std::string::npos; begin = end) {
    end = text.find("\n## ", begin + 1);
    const std::string section = text.substr(begin, end - begin);
    const std::vector<std::string> examples = matches(section, quoted);
    for (const std::string& path : matches(section, span)) {
      const std::string stem = path.substr(0, path.rfind('.'));
      const std::regex fits(std::regex_replace(stem, std::regex("NAME|GROUP"), "[a-z_0-9]+") + "\\.(h|cpp)");
      if (examples.empty()) continue;
      EXPECT_TRUE(std::ranges::any_of(examples, [&](const std::string& example) { return std::regex_match(example, fits); }))
          << "docs/ADDING.md says " << path << ", but quotes " << testing::PrintToString(examples);
      ++found;
    }
  }
  EXPECT_GE(found, 6U);
}

TEST(DocsPaths, InLinksLeadToFilesAndSections) {
  const std::regex link(R"(\]\(([^)\s]+)\))"), image(R"rx(src="([^"]+)")rx");
  std::vector<docs::Page> pages = docs::pages();
  pages.push_back(docs::readme());
  for (const docs::Page& page : pages) {
    std::vector<std::string> targets = matches(docs::prose(page), link);
    for (std::string& target : matches(docs::prose(page), image)) targets.push_back(std::move(target));
    for (const std::string& target : targets) {
      if (target.starts_with("http")) continue;
      const std::string path = target.substr(0, target.find('#'));
      const fs::path file = path.empty() ? kRoot / page.path : (kRoot / page.path).parent_path() / path;
      EXPECT_TRUE(fs::exists(file)) << page.path << " links to " << target;
      if (path.size() == target.size()) continue;
      std::string anchors;
      for (const std::string& line : docs::lines_of(layering::read(file.lexically_relative(kRoot).generic_string()).text)) {
        if (!line.starts_with('#')) continue;
        anchors += "#";
        for (const char letter : line.substr(std::min(line.find(' ') + 1, line.size()))) {
          if (letter == ' ') anchors += '-';
          if (std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_' || letter < 0)
            anchors += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        }
        anchors += "#";
      }
      EXPECT_NE(anchors.find(target.substr(path.size()) + "#"), std::string::npos) << page.path << " links to " << target;
    }
  }
}

}  // namespace
