// The images that a command line names: files, folders, standard input.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "data/overview/left_out.h"

namespace residual::cli {

struct ImageInput {
  std::string name;            ///< as given; "-" is standard input
  std::filesystem::path path;  ///< empty for standard input

  /// The file's bytes, at most 1 GiB. Throws Error (kBadFile), naming it.
  std::vector<std::byte> read() const;
};

struct ImageInputs {
  std::vector<ImageInput> images;
  std::vector<std::string> others;  ///< files in the folders that are no images
  data::LeftOut left_out;           ///< the same in figures, and hidden files
};

/// A folder stands for the images in it and below it, as in find_images (residual/image_files.h); "-" is standard input. Throws
/// Error (kUsage) when standard input is named twice, (kBadFile) when a folder cannot be listed or holds no image.
ImageInputs image_inputs(const std::vector<std::string>& arguments);

}  // namespace residual::cli
