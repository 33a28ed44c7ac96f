#include "core/error.h"
#include "data/picture_files.h"

namespace residual::data {
std::unique_ptr<Dataset> open_unlabelled(const std::filesystem::path& folder, int64_t channels, bool exif_orientation) {
  const std::shared_ptr<const FileTree> tree = folder_on_disk(folder);
  PictureListing listing{{"pictures"}, {}};
  for (const FileTree::Entry& entry : tree->list("")) {
    if (entry.file && has_picture_name(entry.name)) listing.files.emplace_back(0, entry.name);
  }
  if (listing.files.empty()) fail(ErrorKind::kBadFile, "'{}' holds no JPEG or PNG files", tree->where(""));
  auto pictures = std::make_unique<PictureFiles>(tree, std::move(listing), folder.string());
  pictures->prepare(channels, exif_orientation, OpenOptions{}.cache_bytes);
  return pictures;
}

}  // namespace residual::data
