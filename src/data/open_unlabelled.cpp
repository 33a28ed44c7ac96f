#include "core/error.h"
#include "data/picture_files.h"

namespace residual::data {
namespace {

void add_pictures(const FileTree& tree, const std::string& folder, PictureListing& listing) {
  for (const FileTree::Entry& entry : tree.list(folder)) {
    if (entry.folder) add_pictures(tree, joined(folder, entry.name), listing);
    if (entry.file && has_picture_name(entry.name)) listing.files.emplace_back(0, joined(folder, entry.name));
  }
}

}  // namespace

std::unique_ptr<Dataset> open_unlabelled(const std::filesystem::path& folder, int64_t channels, bool exif_orientation) {
  const std::shared_ptr<const FileTree> tree = folder_on_disk(folder);
  PictureListing listing{{"pictures"}, {}};
  add_pictures(*tree, "", listing);
  if (listing.files.empty()) fail(ErrorKind::kBadFile, "'{}' holds no JPEG or PNG files", tree->where(""));
  auto pictures = std::make_unique<PictureFiles>(tree, std::move(listing), folder.string());
  pictures->prepare(channels, exif_orientation, OpenOptions{}.cache_bytes);
  return pictures;
}

}  // namespace residual::data
