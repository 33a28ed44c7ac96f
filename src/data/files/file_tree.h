// A folder's files, wherever they lie: on disk, or in an archive that was read into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace residual::data {

/// Paths are relative to the tree, with '/' between names; "" is the tree itself. All members may be called from several threads.
class FileTree {
 public:
  virtual ~FileTree() = default;

  struct Entry {
    std::string name;
    bool folder = false;
    bool file = false;  ///< neither: a link that leads nowhere, or something else that cannot be read
  };
  /// The content of a folder, sorted by name; hidden names are omitted. Throws Error (kBadFile).
  virtual std::vector<Entry> list(const std::string& folder) const = 0;
  virtual bool is_folder(const std::string& path) const = 0;
  virtual bool is_file(const std::string& path) const = 0;

  /// Throws Error (kBadFile) when there is no such file or it has more than `limit` bytes.
  virtual std::vector<std::byte> read(const std::string& path, size_t limit) const = 0;
  /// The first bytes, at most `count`. Throws Error (kBadFile) when the file cannot be read.
  virtual std::vector<std::byte> start_of(const std::string& path, size_t count) const = 0;

  /// The content of a gzip file of the tree. Throws Error (kBadFile), naming it, also for more than most_unpacked of the bytes
  /// on disk: of that file, or of the archive with all that has been unpacked from it.
  virtual std::vector<std::byte> unpacked(const std::string& path, std::span<const std::byte> gzip) const = 0;

  /// The path in messages, safe to print on a terminal.
  virtual std::string where(const std::string& path) const = 0;

  /// How many files the listings so far have omitted, those in hidden folders included; of an archive, all of them.
  virtual int64_t hidden_files() const = 0;

  /// What changes when a file is written or replaced: its size and times, or those of the archive; empty where that is unknown.
  virtual std::string stamp(const std::string& path) const = 0;
};

/// Whether a name is omitted from every listing: it begins with a dot, or macOS makes it beside the files of an archive.
bool is_hidden(std::string_view name);

/// "folder/name"; "name" where the folder is the tree itself.
std::string joined(const std::string& folder, const std::string& name);

std::shared_ptr<const FileTree> folder_on_disk(const std::filesystem::path& folder);

/// FileTree::stamp of a file on disk.
std::string stamp_of(const std::filesystem::path& file);

/// The part of a tree below one of its folders.
std::shared_ptr<const FileTree> subtree(std::shared_ptr<const FileTree> tree, const std::string& folder);

/// "path", "path.gz", or "" when neither is there.
std::string find_plain_or_gzip(const FileTree& tree, const std::string& path);

/// The file's content, unpacked when it is gzip. Throws Error (kBadFile).
std::vector<std::byte> read_plain_or_gzip(const FileTree& tree, const std::string& path);

}  // namespace residual::data
