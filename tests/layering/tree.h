// The project's source files, for tests that read them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace layering {

struct File {
  std::string path;  ///< relative to the project, with '/'
  std::string text;

  std::string folder() const { return std::filesystem::path(path).parent_path().generic_string(); }
};

/// All C++ files below `folder` (relative to the project), sorted by path.
std::vector<File> sources(const std::string& folder);

/// One file; its text is empty when it does not exist.
File read(const std::string& path);

/// The paths in the file's #include lines.
std::vector<std::string> includes(const File& file);

}  // namespace layering
