// The images among the files of a folder, found by their first bytes and not by their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
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
  std::vector<std::string> others;  ///< paths of files that are no images

  LeftOut left_out() const;
};

/// As the header of a file says, turned as the Exif data say where `upright`; none where that is not found. Throws Error
/// (kBadFile).
std::optional<ImageShape> shape_of_file(const FileTree& tree, const std::string& path, bool upright);

/// Appends the files of a folder and of the folders in it, by path. Throws Error (kBadFile), also for folders that lie in each
/// other more than 16 deep: links that lead back to a folder around them.
void list_files(const FileTree& tree, const std::string& folder, int32_t label, std::vector<ListedImage>& files);

/// Reads the first bytes of every listed file. Images stay, and so do images that cannot be read: those of other known formats,
/// and files that are named like images. What remains goes to `others`. upright: sizes as the Exif data turn the image.
void keep_images(const FileTree& tree, bool upright, ImageListing& listing);

/// Images on disk, and what lies beside them.
struct FoundImages {
  std::vector<std::filesystem::path> images, others;
  LeftOut left_out;
};

/// A folder stands for the images in it and below it, sorted by path; any other path for itself, whatever it is. Throws Error
/// (kBadFile) for a folder that cannot be listed or holds no image.
FoundImages find_images(std::span<const std::filesystem::path> paths);

}  // namespace residual::data
