// Image files whose names begin with the number of their class, as SIGNS comes: train_signs/0_IMG_5864.jpg, test_signs/…, and
// perhaps val_signs/….
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/sources/image_files.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

// "0_IMG_5975 (1).jpg" -> 0; none where no number stands before an underscore.
std::optional<int32_t> leading_number(const std::string& name) {
  int32_t number = 0;
  const char* end = name.data() + name.size();
  const auto [next, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || number < 0 || next == end || *next != '_') return std::nullopt;
  return number;
}

// The images of a split's folder, each with its number as label. Throws Error (kBadFile) for an image without one.
ImageListing list_numbered(const FileTree& tree, const std::string& folder, bool upright) {
  ImageListing listing;
  if (folder.empty()) return listing;
  for (const FileTree::Entry& entry : tree.list(folder)) {
    const std::string path = joined(folder, entry.name);
    if (entry.folder) {
      fail(ErrorKind::kBadFile, "'{}' is a folder; images whose names begin with the number of their class lie side by side",
           tree.where(path));
    }
    listing.images.push_back({.label = 0, .path = path});
  }
  keep_images(tree, upright, listing);
  for (ListedImage& image : listing.images) {
    const std::optional<int32_t> number = leading_number(image.path.substr(folder.size() + 1));
    if (!number) {
      fail(ErrorKind::kBadFile, "'{}' is not an image whose name begins with the number of its class, such as 0_IMG_1.jpg",
           tree.where(image.path));
    }
    image.label = *number;
  }
  if (listing.images.empty()) fail(ErrorKind::kBadFile, "the folder '{}' contains no image", tree.where(folder));
  return listing;
}

std::unique_ptr<ImageFiles> numbered_files(const std::shared_ptr<const FileTree>& tree, const std::string& folder,
                                           ImageListing listing, const std::map<int32_t, int32_t>& index_of) {
  if (listing.images.empty()) return nullptr;
  for (const auto& [number, index] : index_of) listing.classes.push_back(std::to_string(number));
  for (ListedImage& image : listing.images) {
    const auto found = index_of.find(image.label);
    if (found == index_of.end()) {
      fail(ErrorKind::kBadFile, "'{}' has class {}, which no training image has; they do not belong together",
           tree->where(image.path), image.label);
    }
    image.label = found->second;
  }
  return std::make_unique<ImageFiles>(tree, std::move(listing), folder);
}

}  // namespace

bool is_numbered(const FileTree& tree) {
  const std::vector<FileTree::Entry> entries = tree.list("");
  return std::ranges::any_of(entries, [&](const FileTree::Entry& folder) {
    if (!folder.folder || (!is_split_name(folder.name, kTrainNames, SplitName::kPrefix) &&
                           !is_split_name(folder.name, kTestNames, SplitName::kPrefix))) {
      return false;
    }
    const std::vector<FileTree::Entry> inside = tree.list(folder.name);
    const auto image = std::ranges::find_if(inside, [](const FileTree::Entry& entry) { return has_image_name(entry.name); });
    return image != inside.end() && image->file && leading_number(image->name).has_value();
  });
}

DataSource open_numbered(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options) {
  const std::string train_folder = split_folder(*tree, kTrainNames, SplitName::kPrefix);
  const std::string test_folder = split_folder(*tree, kTestNames, SplitName::kPrefix);
  constexpr std::string_view kDevelopmentNames[] = {"dev"};
  std::string validation_folder = split_folder(*tree, kValidationNames, SplitName::kPrefix);
  if (validation_folder.empty()) validation_folder = split_folder(*tree, kDevelopmentNames, SplitName::kPrefix);
  const bool upright = options.exif_orientation;
  ImageListing train = list_numbered(*tree, train_folder, upright), test = list_numbered(*tree, test_folder, upright);
  ImageListing validation = list_numbered(*tree, validation_folder, upright);

  std::map<int32_t, int32_t> index_of;  // class number -> index, in rising order
  for (const ListedImage& image : (train.images.empty() ? test : train).images) index_of.emplace(image.label, 0);
  int32_t next = 0;
  for (auto& [number, index] : index_of) index = next++;

  DataSource source;
  source.format = Format::kNumbered;
  source.found = "images with class numbers in their names, as SIGNS";
  finish(source, numbered_files(tree, train_folder, std::move(train), index_of),
         numbered_files(tree, validation_folder, std::move(validation), index_of),
         numbered_files(tree, test_folder, std::move(test), index_of), options);
  return source;
}

}  // namespace residual::data
