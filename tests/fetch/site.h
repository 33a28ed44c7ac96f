// A folder to fetch into and files to publish.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "fetch/download.h"
#include "support/http_server.h"

namespace residual::fetch {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "residual-fetch-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
  }
  bool has(const std::string& name) const { return fs::exists(fs::symlink_status(path_ / name)); }
  bool is_empty() const { return fs::is_empty(path_); }

 private:
  fs::path path_;
};

/// 200,000 bytes of which no two stretches are alike.
const std::string& content();

/// `text` as its publishers describe it.
PublishedFile published(const std::string& text, const std::string& url);

/// The kind of Error that the work throws, with its message in `message`; a failure when it throws none.
ErrorKind kind_of_error(const std::function<void()>& work, std::string* message = nullptr);

}  // namespace residual::fetch
