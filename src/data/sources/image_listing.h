// The images among the files of a folder, found by their first bytes and not by their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/files/file_tree.h"
#include "data/overview/left_out.h"
#include "image/image.h"

namespace residual::data {

/// More than this is no image: files are read whole.
inline constexpr size_t kMaxImageFile = size_t{1} << 30;

/// Whether a name ends as that of an image (image/image.h), in any case.
bool has_image_name(const std::string& name);

struct ListedImage {
  int32_t label = 0;
  std::string path;           ///< in the tree
  ImageShape shape{0, 0, 0};  ///< as its header says; 0 x 0 for an image that cannot be read
};

struct ImageListing {
  std::vector<std::string> classes;
  std::vector<ListedImage> images;
  LeftOut left_out;
};

/// Appends the files of a folder and of the folders in it, by path. Throws Error (kBadFile), also for folders that lie in each
/// other more than 16 deep: links that lead back to a folder around them.
void list_files(const FileTree& tree, const std::string& folder, int32_t label, std::vector<ListedImage>& files);

/// Reads the first bytes of every listed file. Images stay, and so do images that cannot be read: those of other known formats,
/// and files that are named like images. What remains is counted in left_out. upright: sizes as the Exif data turn the image.
void keep_images(const FileTree& tree, bool upright, ImageListing& listing);

/// The images of a folder on disk and of the folders in it.
struct FolderImages {
  std::vector<std::filesystem::path> files;  ///< by path, with the folder in front
  LeftOut left_out;
};

/// Throws Error (kBadFile) when it cannot be listed or holds no image.
FolderImages images_below(const std::filesystem::path& folder);

}  // namespace residual::data
