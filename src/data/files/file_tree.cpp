#include "data/files/file_tree.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/system/file.h"
#include "core/system/system_error.h"
#include "data/files/gzip.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

// The files at a path: itself, or all below a folder, as far as it can be read.
int64_t files_at(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(path, error))) return 1;
  int64_t files = 0;
  fs::recursive_directory_iterator entry(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored)) ++files;
  }
  return files;
}

class DiskTree final : public FileTree {
 public:
  explicit DiskTree(fs::path root) : root_(std::move(root)) {}

  std::vector<Entry> list(const std::string& folder) const override {
    std::vector<Entry> entries;
    std::vector<fs::path> hidden;
    try {
      for (const fs::directory_entry& entry : fs::directory_iterator(root_ / folder)) {
        std::string name = entry.path().filename().string();
        if (is_hidden(name)) {
          hidden.push_back(entry.path());
        } else {
          entries.push_back({std::move(name), entry.is_directory(), entry.is_regular_file()});
        }
      }
    } catch (const fs::filesystem_error& error) {
      fail(kind_of(error.code(), ErrorKind::kBadFile), "cannot list '{}': {}", where(folder), error.code().message());
    }
    std::ranges::sort(entries, {}, &Entry::name);
    count_hidden(folder, hidden);
    return entries;
  }
  bool is_folder(const std::string& path) const override {
    std::error_code error;
    return fs::is_directory(root_ / path, error);
  }
  bool is_file(const std::string& path) const override {
    std::error_code error;
    return fs::is_regular_file(root_ / path, error);
  }
  std::vector<std::byte> read(const std::string& path, size_t limit) const override { return read_file(root_ / path, limit); }
  std::vector<std::byte> start_of(const std::string& path, size_t count) const override {
    std::vector<std::byte> bytes(count);
    std::ifstream file(root_ / path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
    if (!file.is_open() || file.bad())
      fail(kind_of(errno, ErrorKind::kBadFile), "cannot read '{}': {}", where(path), std::strerror(errno));
    bytes.resize(static_cast<size_t>(file.gcount()));
    return bytes;
  }
  std::vector<std::byte> unpacked(const std::string& path, std::span<const std::byte> gzip) const override {
    return gunzip(gzip, where(path), std::min(most_unpacked(gzip.size()), kMaxDataFile));
  }
  std::string where(const std::string& path) const override {
    return printable((path.empty() ? root_ : root_ / path).string(), kMostOfAPath);
  }
  int64_t hidden_files() const override {
    const std::lock_guard lock(mutex_);
    int64_t files = 0;
    for (const auto& [folder, count] : hidden_) files += count;
    return files;
  }
  std::string stamp(const std::string& path) const override { return stamp_of(root_ / path); }

 private:
  // A folder is listed several times.
  void count_hidden(const std::string& folder, const std::vector<fs::path>& hidden) const {
    if (hidden.empty()) return;
    const std::lock_guard lock(mutex_);
    const auto [count, is_new] = hidden_.try_emplace(folder, 0);
    if (!is_new) return;
    for (const fs::path& path : hidden) count->second += files_at(path);
  }

  fs::path root_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, int64_t> hidden_;  // files, by the folder that they are in
};

class Subtree final : public FileTree {
 public:
  Subtree(std::shared_ptr<const FileTree> tree, std::string folder) : tree_(std::move(tree)), folder_(std::move(folder)) {}

  std::vector<Entry> list(const std::string& folder) const override { return tree_->list(inner(folder)); }
  bool is_folder(const std::string& path) const override { return tree_->is_folder(inner(path)); }
  bool is_file(const std::string& path) const override { return tree_->is_file(inner(path)); }
  std::vector<std::byte> read(const std::string& path, size_t limit) const override { return tree_->read(inner(path), limit); }
  std::vector<std::byte> start_of(const std::string& path, size_t count) const override {
    return tree_->start_of(inner(path), count);
  }
  std::vector<std::byte> unpacked(const std::string& path, std::span<const std::byte> gzip) const override {
    return tree_->unpacked(inner(path), gzip);
  }
  std::string where(const std::string& path) const override { return tree_->where(inner(path)); }
  int64_t hidden_files() const override { return tree_->hidden_files(); }
  std::string stamp(const std::string& path) const override { return tree_->stamp(inner(path)); }

 private:
  std::string inner(const std::string& path) const { return path.empty() ? folder_ : joined(folder_, path); }

  std::shared_ptr<const FileTree> tree_;
  std::string folder_;
};

}  // namespace

bool is_hidden(std::string_view name) {
  return name.starts_with('.') || name == "__MACOSX";
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

std::shared_ptr<const FileTree> folder_on_disk(const fs::path& folder) {
  return std::make_shared<DiskTree>(folder);
}

std::string stamp_of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  const auto nanoseconds = [](const timespec& time) { return fmt::format("{}.{:09}", time.tv_sec, time.tv_nsec); };
  // The time of the change, which nobody can set, differs even where a copy keeps the time of modification.
  return fmt::format("{} {} {}", status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
}

std::shared_ptr<const FileTree> subtree(std::shared_ptr<const FileTree> tree, const std::string& folder) {
  return std::make_shared<Subtree>(std::move(tree), folder);
}

std::string find_plain_or_gzip(const FileTree& tree, const std::string& path) {
  if (tree.is_file(path)) return path;
  return tree.is_file(path + ".gz") ? path + ".gz" : std::string();
}

std::vector<std::byte> read_plain_or_gzip(const FileTree& tree, const std::string& path) {
  std::vector<std::byte> bytes = tree.read(path, kMaxDataFile);
  return is_gzip(bytes) ? tree.unpacked(path, bytes) : bytes;
}

}  // namespace residual::data
