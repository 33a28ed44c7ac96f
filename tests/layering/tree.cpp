#include "layering/tree.h"

#include <algorithm>

namespace layering {

namespace fs = std::filesystem;

File read(const std::string& path) {
  std::ifstream stream(fs::path(RESIDUAL_SOURCE_DIR) / path, std::ios::binary);
  return {path, {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()}};
}

std::vector<File> sources(const std::string& folder) {
  const fs::path top = RESIDUAL_SOURCE_DIR;
  std::vector<File> files;
  if (!fs::is_directory(top / folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
    const auto extension = entry.path().extension();
    if (entry.is_regular_file() && (extension == ".h" || extension == ".cpp" || extension == ".cu")) {
      files.push_back(read(fs::relative(entry.path(), top).generic_string()));
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> includes(const File& file) {
  static const std::regex line("(?:^|\n)[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)[>\"]");
  std::vector<std::string> found;
  for (std::sregex_iterator match(file.text.begin(), file.text.end(), line), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

}  // namespace layering
