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

struct ImageInputs {
  std::vector<ImageInput> images;
  std::vector<std::string> left_out;  ///< files in the folders that are no images
};

/// A folder stands for the images in it and below it, sorted by path, hidden files excluded: for files whose content begins like
/// an image, and for those that are called like one. "-" is standard input. Throws Error (kUsage) when standard input is named
/// twice, (kBadFile) when a folder cannot be listed or holds no image.
ImageInputs image_inputs(const std::vector<std::string>& arguments);

/// "3 files are no images and are left out: .txt (2), .xml (1)"; empty where there are none.
std::string note_on(const std::vector<std::string>& left_out);

}  // namespace residual::cli
