// libarchive behind FileTree.
#include "data/files/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/system/file.h"
#include "core/text.h"
#include "data/files/gzip.h"

namespace residual::data {
namespace {

constexpr size_t kMaxPath = 1024, kMaxDepth = 16;  // of what is kept; each folder on the way is kept by its path

using Bytes = std::vector<std::byte>;

// A file's bytes, which links to it share; or why a link has none.
struct Content {
  std::shared_ptr<const Bytes> bytes;
  std::string why;
};

class MemoryTree final : public FileTree {
 public:
  MemoryTree(std::string name, std::string stamp) : name_(std::move(name)), stamp_(std::move(stamp)) {}

  void add(const std::string& path, Content content) {
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      folders_.try_emplace(path.substr(0, slash));
    // The last of two files of one name counts, as when they are unpacked.
    files_.insert_or_assign(path, std::move(content));
  }

  const std::map<std::string, Content, std::less<>>& files() const { return files_; }

  bool empty() const { return files_.empty(); }

  // Builds the listing of every folder once. left: how many bytes may still be unpacked from the files. hidden: omitted files.
  void finish(size_t left, int64_t hidden) {
    left_ = left;
    hidden_ = hidden;
    for (const auto& [path, children] : folders_) {
      if (!path.empty()) children_of_parent(path).push_back({name_in(path), true, false});
    }
    for (const auto& [path, content] : files_) {
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
    const auto& [bytes, why] = found->second;
    if (!bytes) fail(ErrorKind::kBadFile, "'{}' {}", where(path), why);
    if (bytes->size() > limit)
      fail(ErrorKind::kBadFile, "'{}' has {} bytes, at most {} are expected", where(path), bytes->size(), limit);
    return *bytes;
  }
  Bytes start_of(const std::string& path, size_t count) const override {
    const auto found = files_.find(path);
    if (found == files_.end() || !found->second.bytes) return {};
    const Bytes& bytes = *found->second.bytes;
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(count, bytes.size()))};
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
  int64_t hidden_files() const override { return hidden_; }
  std::string stamp(const std::string&) const override { return stamp_; }

 private:
  static std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  std::vector<Entry>& children_of_parent(const std::string& path) {
    const size_t slash = path.rfind('/');
    return folders_.at(slash == std::string::npos ? "" : path.substr(0, slash));
  }

  std::string name_, stamp_;
  int64_t hidden_ = 0;
  std::map<std::string, Content, std::less<>> files_;
  std::map<std::string, std::vector<Entry>, std::less<>> folders_{{"", {}}};
  mutable std::mutex mutex_;
  mutable size_t left_ = 0;
};

class Reader {
 public:
  enum class Kind : uint8_t { kArchive, kStream };  // a stream is compressed bytes that are one file

  // bytes: of an archive, without compression around them. limit: of all that is unpacked.
  Reader(std::span<const std::byte> bytes, std::string_view name, size_t limit, Kind kind)
      : name_(name), limit_(limit), archive_(archive_read_new()) {
    if (archive_ == nullptr) fail(ErrorKind::kResource, "no memory to read '{}'", name);
    errno = 0;
    if (kind == Kind::kStream) {
      archive_read_support_format_raw(archive_.get());
      archive_read_support_filter_xz(archive_.get());
      archive_read_support_filter_bzip2(archive_.get());
    } else {
      archive_read_support_format_tar(archive_.get());
      archive_read_support_format_zip(archive_.get());
    }
    if (archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) bad();
  }

  /// How many bytes may still be unpacked.
  size_t left() const { return limit_ - unpacked_; }

  /// Files that were omitted.
  int64_t hidden() const { return hidden_; }

  /// The next file or link that is not hidden; false at the end. link: where a link leads, as a path in the archive; empty for
  /// a file.
  bool next(std::string& path, std::string& link, Bytes& content) {
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return false;
      // A warning is about attributes that do not matter here.
      if (status < ARCHIVE_WARN) bad();
      // Names are stored as UTF-8 or as they are; without a locale only one of the two is given.
      const char* const name = either(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
      if (name == nullptr) continue;
      if (archive_entry_is_encrypted(entry) != 0) {
        fail(ErrorKind::kBadFile, "'{}' is encrypted ('{}'); unpack it with its password and give the folder", name_,
             printable(name));
      }
      if (!plain_path(name, path)) {
        if (archive_entry_filetype(entry) != AE_IFDIR) ++hidden_;
        continue;
      }
      const char* const hard = either(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry));
      const char* const symbolic = either(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry));
      link.clear();
      if (hard != nullptr) {
        link = hard;
      } else if (archive_entry_filetype(entry) == AE_IFLNK && symbolic != nullptr) {
        const size_t slash = path.rfind('/');
        link = symbolic[0] == '/' || slash == std::string::npos ? symbolic : path.substr(0, slash + 1) + symbolic;
      } else if (archive_entry_filetype(entry) == AE_IFREG) {
        unpack(content);
      } else {
        continue;
      }
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

  static const char* either(const char* first, const char* second) { return first != nullptr ? first : second; }

  // Without "./" and empty names; false for a path that is hidden, too long or too deep.
  static bool plain_path(std::string_view name, std::string& path) {
    path.clear();
    size_t depth = 0;
    if (name.size() > kMaxPath) return false;
    while (!name.empty()) {
      const std::string_view part = name.substr(0, name.find('/'));
      name.remove_prefix(std::min(part.size() + 1, name.size()));
      if (part.empty() || part == ".") continue;
      if (is_hidden(part) || ++depth > kMaxDepth) return false;
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
  int64_t hidden_ = 0;
  struct Free {
    void operator()(archive* reader) const { archive_read_free(reader); }
  };
  std::unique_ptr<archive, Free> archive_;
};

// How the names of archives end; those of the compressions that libarchive unpacks.
constexpr std::string_view kEndings[] = {".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".zip"};

// Not with the archive's own reader, which would unpack skipped files without a limit.
Bytes decompressed(std::span<const std::byte> bytes, std::string_view name, size_t limit) {
  const auto begins = [&](std::string_view start) {
    return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
  };
  if (is_gzip(bytes)) return gunzip(bytes, name, limit);
  if (!begins("\xFD"
              "7zXZ") &&
      !begins("BZh"))
    return {};
  Reader reader(bytes, name, limit, Reader::Kind::kStream);
  std::string path, link;
  Bytes content;
  reader.next(path, link, content);
  return content;
}

struct Link {
  std::string path, target;
};

// "a/b/../c" -> "a/c"; none where the path leads out of the archive.
std::optional<std::string> normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  if (path.starts_with('/')) return std::nullopt;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string result;
  for (const std::string_view part : parts) result = joined(result, std::string(part));
  return result;
}

// The files that a link leads to: the one it names, or all below the folder it names, which get names below the link.
std::vector<std::pair<std::string, Content>> linked_files(const MemoryTree& tree, const Link& link) {
  const std::optional<std::string> target = normal_path(link.target);
  if (!target || target->empty()) return {};
  const auto& files = tree.files();
  if (const auto found = files.find(*target); found != files.end()) return {{link.path, found->second}};
  std::vector<std::pair<std::string, Content>> result;
  const std::string below = *target + "/";
  if ((link.path + "/").starts_with(below)) return {};  // a folder around the link
  for (auto file = files.lower_bound(below); file != files.end() && file->first.starts_with(below); ++file)
    result.emplace_back(link.path + "/" + file->first.substr(below.size()), file->second);
  return result;
}

// Links may lead to links: each round resolves those whose targets are files by then. What is left leads nowhere in the archive,
// which reading it says.
void resolve(std::vector<Link> links, MemoryTree& tree, std::string_view name) {
  constexpr int kMostRounds = 40;  // as Linux follows at most
  const size_t most = 100 + 10 * (tree.files().size() + links.size());
  bool resolved = true;
  for (int round = 0; round < kMostRounds && resolved && !links.empty(); ++round) {
    resolved = false;
    std::vector<Link> rest;
    for (Link& link : links) {
      const auto files = linked_files(tree, link);
      if (tree.files().size() + files.size() > most)
        fail(ErrorKind::kBadFile, "'{}' has links to more than {} files, ten times those it holds", name, most);
      for (const auto& [path, content] : files) tree.add(path, content);
      if (files.empty()) {
        rest.push_back(std::move(link));
      } else {
        resolved = true;
      }
    }
    links = std::move(rest);
  }
  for (const Link& link : links)
    tree.add(link.path, {nullptr, fmt::format("is a link to '{}', which is not in the archive", printable(link.target))});
}

}  // namespace

bool has_archive_name(const std::filesystem::path& path) {
  const std::string name = lower_case(path.filename().string());
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string archive_name_endings() {
  std::string text;
  for (const std::string_view ending : kEndings) text += fmt::format("{}{}", text.empty() ? "" : " ", ending);
  return text;
}

std::shared_ptr<const FileTree> archive_in_memory(std::span<const std::byte> bytes, std::string_view name, std::string stamp) {
  auto tree = std::make_shared<MemoryTree>(std::string(name), std::move(stamp));
  const size_t limit = most_unpacked(bytes.size());
  const Bytes unpacked = decompressed(bytes, name, limit);
  if (!unpacked.empty()) bytes = unpacked;
  Reader reader(bytes, name, limit, Reader::Kind::kArchive);
  std::vector<Link> links;
  std::string path, link;
  Bytes content;
  while (reader.next(path, link, content)) {
    if (link.empty()) {
      tree->add(path, {std::make_shared<const Bytes>(std::move(content)), {}});
    } else {
      links.push_back({path, link});
    }
  }
  resolve(std::move(links), *tree, name);
  if (tree->empty()) fail(ErrorKind::kBadFile, "'{}' contains no file", name);
  tree->finish(reader.left(), reader.hidden());
  return tree;
}

std::shared_ptr<const FileTree> open_archive(const std::filesystem::path& path) {
  std::string stamp = stamp_of(path);  // before it is read: what is written meanwhile shows
  return archive_in_memory(read_file(path, size_t{4} << 30), path.string(), std::move(stamp));
}

}  // namespace residual::data
