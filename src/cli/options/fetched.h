// Weights and data sets by name, with a bar while they arrive.
#pragma once

#include <filesystem>
#include <string>

#include "fetch/fetch.h"

namespace residual::cli {

/// fetch::obtain, with a bar on the terminal; Ctrl-C stops it and what has arrived is kept.
std::filesystem::path fetched(const fetch::Entry& entry, bool bar = true);

/// The path of `--data PATH`: a folder or file of that name; otherwise a data set that can be fetched, which is then fetched;
/// otherwise PATH.
std::string data_path(const std::string& path);

struct WeightsFile {
  std::filesystem::path path;
  std::string preset;  ///< the named preprocessing of images they were published with; empty for files of the user's own
};

/// What a file of weights is: a file of that name; or else published weights, which are then fetched; or else the path.
WeightsFile weights_file(const std::string& path);

/// Throws Error (kBadFile), saying how to get them, where `path` is no file but the name of published weights.
void refuse_fetchable(const std::string& path);

}  // namespace residual::cli
