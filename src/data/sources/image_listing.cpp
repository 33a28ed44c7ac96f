#include "data/sources/image_listing.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/threads/thread_team.h"
#include "core/threads/threads.h"
#include "image/formats/orientation.h"

namespace residual::data {
namespace {

enum class Kind : uint8_t { kImage, kUnreadable, kOther };

void list_deep(const FileTree& tree, const std::string& folder, int32_t label, int depth, std::vector<ListedImage>& files) {
  constexpr int kMostDeep = 16;
  if (depth > kMostDeep) {
    fail(ErrorKind::kBadFile, "'{}' lies {} folders deep; does a link in it lead back to a folder around it?", tree.where(folder),
         depth);
  }
  for (const FileTree::Entry& entry : tree.list(folder)) {
    std::string path = joined(folder, entry.name);
    if (entry.folder) {
      list_deep(tree, path, label, depth + 1, files);
    } else {
      files.push_back({.label = label, .path = std::move(path)});
    }
  }
}

// What `read` gives, nothing for a file that cannot be read: decoding it says why.
template <typename Read>
auto if_readable(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadFile) throw;
    return {};
  }
}

// Most headers are in the first bytes; Exif data and thumbnails may come before them.
Kind look_at(const FileTree& tree, bool upright, ListedImage& file) {
  constexpr size_t kFirst = 4096, kMore = size_t{1} << 18;
  const auto start_of = [&](size_t count) { return if_readable([&] { return tree.start_of(file.path, count); }); };
  const std::vector<std::byte> start = start_of(kFirst);
  if (!looks_like_image(start))
    return looks_like_other_image(start) || has_image_name(file.path) ? Kind::kUnreadable : Kind::kOther;
  std::optional<ImageShape> shape;
  if (!upright) shape = shape_in_header(start);
  if (!upright && !shape && start.size() == kFirst) shape = shape_in_header(start_of(kMore));
  if (!shape) shape = if_readable([&] { return shape_of_file(tree, file.path, upright); });
  if (!shape || shape->height < 1 || shape->width < 1) return Kind::kUnreadable;
  file.shape = *shape;
  return Kind::kImage;
}

void add_images_below(const std::filesystem::path& folder, FoundImages& found) {
  const std::shared_ptr<const FileTree> tree = folder_on_disk(folder);
  ImageListing listing;
  list_files(*tree, "", 0, listing.images);
  keep_images(*tree, false, listing);
  LeftOut left_out = listing.left_out();
  left_out.hidden = tree->hidden_files();
  if (listing.images.empty()) {
    const std::string others = to_text(left_out);
    fail(ErrorKind::kBadFile, "the folder '{}' holds no image ({}){}{}", tree->where(""), image_format_names(),
         others.empty() ? "" : "; ", others);
  }
  std::ranges::sort(listing.images, {}, &ListedImage::path);
  for (const ListedImage& image : listing.images) found.images.push_back(folder / image.path);
  for (const std::string& path : listing.others) found.others.push_back(folder / path);
  found.left_out.add(left_out);
}

}  // namespace

bool has_image_name(const std::string& name) {
  return has_image_ending(name);
}

std::optional<ImageShape> shape_of_file(const FileTree& tree, const std::string& path, bool upright) {
  const std::vector<std::byte> bytes = tree.read(path, kMaxImageFile);
  std::optional<ImageShape> shape = shape_in_header(bytes);
  if (shape && upright && exif_orientation(bytes) >= 5) std::swap(shape->height, shape->width);
  return shape;
}

void list_files(const FileTree& tree, const std::string& folder, int32_t label, std::vector<ListedImage>& files) {
  list_deep(tree, folder, label, 0, files);
}

void keep_images(const FileTree& tree, bool upright, ImageListing& listing) {
  std::vector<ListedImage>& files = listing.images;
  std::vector<Kind> kinds(files.size());
  const auto count = static_cast<int64_t>(files.size());
  for_each_part(count, std::min<int64_t>(allowed_threads(), count), [&](int64_t, int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) kinds[i] = look_at(tree, upright, files[i]);
  });
  size_t kept = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    if (kinds[i] == Kind::kOther) {
      listing.others.push_back(std::move(files[i].path));
      continue;
    }
    if (kept != i) files[kept] = std::move(files[i]);
    ++kept;
  }
  files.resize(kept);
}

LeftOut ImageListing::left_out() const {
  LeftOut left_out;
  for (const std::string& path : others) left_out.add(path);
  return left_out;
}

FoundImages find_images(std::span<const std::filesystem::path> paths) {
  FoundImages found;
  for (const std::filesystem::path& path : paths) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
      add_images_below(path, found);
    } else {
      found.images.push_back(path);
    }
  }
  return found;
}

}  // namespace residual::data
