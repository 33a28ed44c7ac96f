// The project's own files, read for the tests about them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace layering {

struct File {
  std::string path;  ///< from the top of the project, with '/'
  std::string text;

  std::string folder() const { return std::filesystem::path(path).parent_path().generic_string(); }
};

/// All C++ files below `folder` (from the top of the project), in order of their paths.
std::vector<File> sources(const std::string& folder);

/// One file; empty text when there is none.
File read(const std::string& path);

/// What stands between the quotes or brackets of the file's #include lines.
std::vector<std::string> includes(const File& file);

}  // namespace layering
