// The formats that open_data tries, one function to recognise and one to open each.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "data/dataset.h"

namespace residual::data {

/// Whether the folder holds any of the format's files (perhaps not all of them: opening says what is missing).
bool is_cifar(const std::filesystem::path& folder);
bool is_idx(const std::filesystem::path& folder);
bool is_image_folder(const std::filesystem::path& folder);

/// `found` is set to the format's name for people only.
DataSource open_cifar(const std::filesystem::path& folder, const OpenOptions& options);
DataSource open_idx(const std::filesystem::path& folder, const OpenOptions& options);
DataSource open_image_folder(const std::filesystem::path& folder, const OpenOptions& options);
DataSource open_shapes(const OpenOptions& options);

/// Moves this fraction of every class, at random, from `source.train` to `source.validation`.
void split_validation(DataSource& source, double fraction, uint64_t seed);

/// "path", "path.gz", or "" when neither is there.
std::filesystem::path find_plain_or_gzip(const std::filesystem::path& path);

}  // namespace residual::data
