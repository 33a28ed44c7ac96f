// The images that a command line names: files, folders, standard input.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace residual::cli {

struct ImageInput {
  std::string name;            ///< as given; "-" is standard input
  std::filesystem::path path;  ///< empty for standard input

  /// The file's bytes, at most 1 GiB. Throws Error (kBadFile), naming it.
  std::vector<std::byte> read() const;
};

/// A folder stands for JPEG and PNG files in it and below it, sorted by path, hidden ones excluded; "-" for standard input.
/// Throws Error (kUsage) when standard input is named twice, (kBadFile) when a folder cannot be listed or holds no image.
std::vector<ImageInput> image_inputs(const std::vector<std::string>& arguments);

}  // namespace residual::cli
