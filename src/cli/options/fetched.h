// Weights and data sets by name, with a progress bar during the download.
#pragma once

#include <filesystem>
#include <string>

#include "fetch/fetch.h"

namespace residual::cli {

/// fetch::obtain, with a bar on the terminal; Ctrl-C stops it and keeps the partial download.
std::filesystem::path fetched(const fetch::Entry& entry, bool bar = true);

/// The path of `--data PATH`: a folder or file of that name, if it exists; otherwise the published data set of that name, which
/// is fetched; otherwise PATH.
std::string data_path(const std::string& path);

struct WeightsFile {
  std::filesystem::path path;
  std::string preset;  ///< the preset of published weights; empty for the user's own files
};

/// The path of a file of weights: a file of that name, else published weights, which are then fetched, else the path itself.
WeightsFile weights_file(const std::string& path);

/// Throws Error (kBadFile), which explains how to fetch them, where `path` is not a file but the name of published weights.
void refuse_fetchable(const std::string& path);

}  // namespace residual::cli
