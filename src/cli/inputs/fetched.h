// Weights and data sets by name, with a progress bar during the download.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "convert/load.h"
#include "fetch/fetch.h"

namespace residual::cli {

/// fetch::obtain, with a bar on the terminal; Ctrl-C stops it and keeps the partial download.
std::filesystem::path fetched(const fetch::Entry& entry, bool bar = true);

/// The path of `--data PATH`: a folder or file of that name, if it exists; otherwise the published data set of that name, which
/// is fetched; otherwise PATH.
std::string data_path(const std::string& path);

/// The model of a file of that name, if it exists; otherwise published weights of that name, which are fetched. Throws Error as
/// convert::load does.
convert::LoadedModel load_model(const std::string& file_or_name, const convert::LoadOptions& options);

/// The names of published weights.
std::vector<std::string> published_weights();

}  // namespace residual::cli
