#include "core/error.h"
#include "data/sources/image_files.h"

namespace residual::data {
std::unique_ptr<Dataset> open_unlabelled(const std::filesystem::path& folder, int64_t channels, bool exif_orientation) {
  const std::shared_ptr<const FileTree> tree = folder_on_disk(folder);
  ImageListing listing{{"images"}, {}, {}};
  list_files(*tree, "", 0, listing.images);
  keep_images(*tree, exif_orientation, listing);
  if (listing.images.empty()) fail(ErrorKind::kBadFile, "'{}' contains no image ({})", tree->where(""), image_format_names());
  auto images = std::make_unique<ImageFiles>(tree, std::move(listing), folder.string());
  images->prepare(channels, exif_orientation, OpenOptions{}.cache_bytes);
  return images;
}

}  // namespace residual::data
