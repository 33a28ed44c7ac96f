// Archives as they are published, read into memory: tar, plain or gzip, and zip. Nothing is ever written to disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "data/files/file_tree.h"

namespace residual::data {

/// Whether a file is named like one: .tar, .tar.gz, .tgz or .zip.
bool has_archive_name(const std::filesystem::path& path);

/// The regular files of an archive; links, devices and encrypted files are omitted, as are names that begin with a dot ("..",
/// ".DS_Store"). Throws Error (kBadFile), naming `name`, when the archive is damaged, contains no file, or unpacks to more than
/// 64 MiB and 32 times its own size, its gzip files included.
std::shared_ptr<const FileTree> archive_in_memory(std::span<const std::byte> bytes, std::string_view name);

/// The same for a file. Throws Error (kBadFile) also when it cannot be read.
std::shared_ptr<const FileTree> open_archive(const std::filesystem::path& path);

}  // namespace residual::data
