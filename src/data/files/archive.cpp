// libarchive behind FileTree.
#include "data/files/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/json_text.h"
#include "core/text.h"
#include "data/files/gzip.h"

namespace residual::data {
namespace {

constexpr size_t kMaxPath = 1024, kMaxDepth = 16;  // of what is kept; each folder on the way is kept by its path

using Bytes = std::vector<std::byte>;

class MemoryTree final : public FileTree {
 public:
  explicit MemoryTree(std::string name) : name_(std::move(name)) {}

  void add(const std::string& path, Bytes bytes) {
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      folders_.try_emplace(path.substr(0, slash));
    // The last of two files of one name counts, as when they are unpacked.
    files_.insert_or_assign(path, std::move(bytes));
  }

  bool empty() const { return files_.empty(); }

  // Builds the listing of every folder once. left: how many bytes may still be unpacked from the files.
  void finish(size_t left) {
    left_ = left;
    for (const auto& [path, children] : folders_) {
      if (!path.empty()) children_of_parent(path).push_back({name_in(path), true, false});
    }
    for (const auto& [path, bytes] : files_) {
      // Where a file and a folder share a path the folder counts.
      if (!folders_.contains(path)) children_of_parent(path).push_back({name_in(path), false, true});
    }
    for (auto& [path, children] : folders_) std::ranges::sort(children, {}, &Entry::name);
  }

  std::vector<Entry> list(const std::string& folder) const override {
    const auto found = folders_.find(folder);
    if (found == folders_.end()) fail(ErrorKind::kBadFile, "'{}' has no such folder", where(folder));
    return found->second;
  }
  bool is_folder(const std::string& path) const override { return folders_.contains(path); }
  bool is_file(const std::string& path) const override { return files_.contains(path) && !folders_.contains(path); }
  Bytes read(const std::string& path, size_t limit) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) fail(ErrorKind::kBadFile, "there is no '{}'", where(path));
    if (found->second.size() > limit)
      fail(ErrorKind::kBadFile, "'{}' has {} bytes, at most {} are expected", where(path), found->second.size(), limit);
    return found->second;
  }
  Bytes start_of(const std::string& path, size_t count) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return {};
    return {found->second.begin(), found->second.begin() + static_cast<std::ptrdiff_t>(std::min(count, found->second.size()))};
  }
  Bytes unpacked(const std::string& path, std::span<const std::byte> gzip) const override {
    const std::lock_guard lock(mutex_);
    Bytes content = gunzip(gzip, where(path), left_);
    left_ -= content.size();
    return content;
  }
  std::string where(const std::string& path) const override {
    return printable(path.empty() ? name_ : name_ + "/" + path, kMostOfAPath);
  }

 private:
  static std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  std::vector<Entry>& children_of_parent(const std::string& path) {
    const size_t slash = path.rfind('/');
    return folders_.at(slash == std::string::npos ? "" : path.substr(0, slash));
  }

  std::string name_;
  std::map<std::string, Bytes, std::less<>> files_;
  std::map<std::string, std::vector<Entry>, std::less<>> folders_{{"", {}}};
  mutable std::mutex mutex_;
  mutable size_t left_ = 0;
};

class Reader {
 public:
  // bytes: without gzip around them. limit: of all that is unpacked.
  Reader(std::span<const std::byte> bytes, std::string_view name, size_t limit)
      : name_(name), limit_(limit), archive_(archive_read_new()) {
    if (archive_ == nullptr) fail(ErrorKind::kResource, "no memory to read '{}'", name);
    errno = 0;
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_zip(archive_.get());
    if (archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) bad();
  }

  /// How many bytes may still be unpacked.
  size_t left() const { return limit_ - unpacked_; }

  /// The next regular file that is not hidden; false at the end.
  bool next(std::string& path, Bytes& content) {
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return false;
      // A warning is about attributes that do not matter here.
      if (status < ARCHIVE_WARN) bad();
      // Names are stored as UTF-8 or as they are; without a locale only one of the two is given.
      const char* name = archive_entry_pathname_utf8(entry);
      if (name == nullptr) name = archive_entry_pathname(entry);
      if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr || name == nullptr) continue;
      if (archive_entry_is_encrypted(entry) != 0 || !plain_path(name, path)) continue;
      unpack(content);
      return true;
    }
  }

 private:
  [[noreturn]] void bad() const {
    if (archive_errno(archive_.get()) == ENOMEM || errno == ENOMEM) fail(ErrorKind::kResource, "no memory to read '{}'", name_);
    const char* why = archive_error_string(archive_.get());
    fail(ErrorKind::kBadFile, "'{}' is a damaged tar or zip archive: {}", name_,
         printable(why == nullptr ? "it is damaged" : why));
  }

  // Without "./" and empty names; false for a path that is hidden, too long or too deep.
  static bool plain_path(std::string_view name, std::string& path) {
    path.clear();
    size_t depth = 0;
    if (name.size() > kMaxPath) return false;
    while (!name.empty()) {
      const std::string_view part = name.substr(0, name.find('/'));
      name.remove_prefix(std::min(part.size() + 1, name.size()));
      if (part.empty() || part == ".") continue;
      if (part.starts_with('.') || part == "__MACOSX" || ++depth > kMaxDepth) return false;
      path = joined(path, std::string(part));
    }
    return !path.empty();
  }

  // Memory grows with the unpacked bytes, whatever size the entry declares.
  void unpack(Bytes& content) {
    content.clear();
    for (;;) {
      const void* block = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) bad();
      // Sparse files skip zeros; no data set has them.
      if (offset < 0 || static_cast<size_t>(offset) != content.size())
        fail(ErrorKind::kBadFile, "'{}' contains a sparse file, which no data set has", name_);
      if (size > limit_ - unpacked_) {
        fail(ErrorKind::kBadFile, "'{}' unpacks to more than {} bytes, which no data set of its size does", name_, limit_);
      }
      unpacked_ += size;
      const auto* from = static_cast<const std::byte*>(block);
      content.insert(content.end(), from, from + size);
    }
    content.shrink_to_fit();
  }

  std::string_view name_;
  size_t limit_, unpacked_ = 0;
  struct Free {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace

bool has_archive_name(const std::filesystem::path& path) {
  const std::string name = lower_case(path.filename().string());
  for (const std::string_view end : {".tar", ".tar.gz", ".tgz", ".zip"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

std::shared_ptr<const FileTree> archive_in_memory(std::span<const std::byte> bytes, std::string_view name) {
  auto tree = std::make_shared<MemoryTree>(std::string(name));
  const size_t limit = most_unpacked(bytes.size());
  Bytes unpacked;
  if (is_gzip(bytes)) {
    // Not by libarchive, which would unpack skipped files without a limit.
    unpacked = gunzip(bytes, name, limit);
    bytes = unpacked;
  }
  Reader reader(bytes, name, limit);
  std::string path;
  Bytes content;
  while (reader.next(path, content)) tree->add(path, std::move(content));
  if (tree->empty()) fail(ErrorKind::kBadFile, "'{}' contains no file", name);
  tree->finish(reader.left());
  return tree;
}

std::shared_ptr<const FileTree> open_archive(const std::filesystem::path& path) {
  return archive_in_memory(read_file(path, size_t{4} << 30), path.string());
}

}  // namespace residual::data
