#include "core/error.h"
#include "data/sources/image_files.h"

namespace residual::data {
std::unique_ptr<Dataset> open_unlabelled(const std::filesystem::path& folder, int64_t channels, bool exif_orientation) {
  const std::shared_ptr<const FileTree> tree = folder_on_disk(folder);
  ImageListing listing{{"images"}, {}};
  for (const FileTree::Entry& entry : tree->list("")) {
    if (entry.file && has_image_name(entry.name)) listing.files.emplace_back(0, entry.name);
  }
  if (listing.files.empty()) fail(ErrorKind::kBadFile, "'{}' contains no JPEG or PNG files", tree->where(""));
  auto images = std::make_unique<ImageFiles>(tree, std::move(listing), folder.string());
  images->prepare(channels, exif_orientation, OpenOptions{}.cache_bytes);
  return images;
}

}  // namespace residual::data
