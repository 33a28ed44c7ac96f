// Published weights and data sets by name, kept in the user's cache folder.
#pragma once

#include <filesystem>
#include <string>

#include "fetch/catalogue.h"
#include "fetch/online/download.h"

namespace residual::fetch {

struct Options {
  std::filesystem::path folder;  ///< empty: the user's cache folder
  std::string mirror;            ///< http or https address of a copy of such a folder; empty: the publishers' own addresses
  Observer observer;
  Timeouts timeouts;

  /// The user's cache folder, and the mirror that $RESIDUAL_FETCH_MIRROR names.
  static Options of_environment();
};

/// "weights" or "data/NAME": the entry's folder below the cache folder, and below a mirror's address.
std::string folder_of(const Entry& entry);

/// Where one file of the entry lies below the cache folder `folder`.
std::filesystem::path path_of(const Entry& entry, const PublishedFile& file, const std::filesystem::path& folder);

/// Where the entry lies once it has been fetched: the file where it is one, "weights/NAME.pth" or "data/NAME/ARCHIVE" under the
/// folder; the folder "data/NAME" where it is several.
std::filesystem::path place_of(const Entry& entry, const std::filesystem::path& folder);

/// Whether every file of the entry is in its place, with a published size; or, of an entry that is downloaded by hand, whether
/// its folder holds anything. Reads no content. Never throws.
bool is_there(const Entry& entry, const std::filesystem::path& folder) noexcept;

/// The published weights that a file is a copy of, by its name, size and SHA-256; null for any other file, and in builds without
/// RESIDUAL_FETCH. Never throws.
const Entry* entry_of_file(const std::filesystem::path& path) noexcept;

/// Downloads what is missing or damaged and returns place_of. What is in its place already is checked against its SHA-256 and
/// needs no network. Throws Error, with what to do by hand, as `download` does; kUsage in builds without RESIDUAL_FETCH.
std::filesystem::path obtain(const Entry& entry, const Options& options);

}  // namespace residual::fetch
