// Archives as they are published, read into memory: tar, plain or compressed (gzip, xz, bzip2), and zip. Nothing is ever written
// to disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "data/files/file_tree.h"

namespace residual::data {

/// Whether a file is named like one, in any case.
bool has_archive_name(const std::filesystem::path& path);

/// ".tar .tar.gz …", for messages.
std::string archive_name_endings();

/// The files of an archive. Links, hard and symbolic, to its files and folders are those files; reading a link that leads
/// anywhere else throws Error (kBadFile). Devices are omitted, as are hidden names ("..", ".DS_Store"). stamp:
/// FileTree::stamp of all its files. Throws Error (kBadFile), naming `name`, when the archive is damaged, is encrypted, contains
/// no file, or unpacks to more than 64 MiB and 32 times its own size, its gzip files included.
std::shared_ptr<const FileTree> archive_in_memory(std::span<const std::byte> bytes, std::string_view name,
                                                  std::string stamp = {});

/// The same for a file. Throws Error (kBadFile) also when it cannot be read.
std::shared_ptr<const FileTree> open_archive(const std::filesystem::path& path);

}  // namespace residual::data
