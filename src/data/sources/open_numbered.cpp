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
std::optional<int64_t> leading_number(const std::string& name) {
  int64_t number = 0;
  const char* end = name.data() + name.size();
  const auto [next, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || number < 0 || next == end || *next != '_' || !has_image_name(name)) return std::nullopt;
  return number;
}

// The folder "train" or "train_…"; empty when there is none.
std::string split_folder(const FileTree& tree, std::string_view split) {
  std::string found;
  for (const FileTree::Entry& entry : tree.list("")) {
    if (!entry.folder || !(entry.name == split || entry.name.starts_with(std::string(split) + "_"))) continue;
    if (!found.empty()) {
      fail(ErrorKind::kBadFile, "'{}' has the folders '{}' and '{}'; which of them is the {} split?", tree.where(""),
           printable(found), printable(entry.name), split);
    }
    found = entry.name;
  }
  return found;
}

using NumberedFiles = std::vector<std::pair<int64_t, std::string>>;

NumberedFiles list_numbered(const FileTree& tree, const std::string& folder) {
  NumberedFiles files;
  if (folder.empty()) return files;
  for (const FileTree::Entry& entry : tree.list(folder)) {
    const std::string path = joined(folder, entry.name);
    const std::optional<int64_t> number = entry.file ? leading_number(entry.name) : std::nullopt;
    if (!number) {
      fail(ErrorKind::kBadFile, "'{}' is not an image whose name begins with the number of its class, such as 0_IMG_1.jpg",
           tree.where(path));
    }
    files.emplace_back(*number, path);
  }
  if (files.empty()) fail(ErrorKind::kBadFile, "the folder '{}' contains no image", tree.where(folder));
  return files;
}

std::unique_ptr<ImageFiles> numbered_files(const std::shared_ptr<const FileTree>& tree, const std::string& folder,
                                           const NumberedFiles& files, const std::map<int64_t, int32_t>& index_of) {
  if (files.empty()) return nullptr;
  ImageListing listing;
  for (const auto& [number, index] : index_of) listing.classes.push_back(std::to_string(number));
  for (const auto& [number, path] : files) {
    const auto found = index_of.find(number);
    if (found == index_of.end()) {
      fail(ErrorKind::kBadFile, "'{}' has class {}, which no training image has; they do not belong together", tree->where(path),
           number);
    }
    listing.files.emplace_back(found->second, path);
  }
  return std::make_unique<ImageFiles>(tree, std::move(listing), folder);
}

}  // namespace

bool is_numbered(const FileTree& tree) {
  const std::vector<FileTree::Entry> entries = tree.list("");
  return std::ranges::any_of(entries, [&](const FileTree::Entry& folder) {
    const bool split = folder.folder && (folder.name == "train" || folder.name == "test" || folder.name.starts_with("train_") ||
                                         folder.name.starts_with("test_"));
    if (!split) return false;
    const std::vector<FileTree::Entry> inside = tree.list(folder.name);
    return !inside.empty() && inside[0].file && leading_number(inside[0].name).has_value();
  });
}

DataSource open_numbered(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options) {
  const std::string train_folder = split_folder(*tree, "train"), test_folder = split_folder(*tree, "test");
  std::string validation_folder;
  for (const std::string_view name : kValidationFolders) {
    if (validation_folder.empty()) validation_folder = split_folder(*tree, name);
  }
  if (validation_folder.empty()) validation_folder = split_folder(*tree, "dev");
  const NumberedFiles train = list_numbered(*tree, train_folder), test = list_numbered(*tree, test_folder);
  const NumberedFiles validation = list_numbered(*tree, validation_folder);

  std::map<int64_t, int32_t> index_of;  // class number -> index, in rising order
  for (const auto& [number, path] : train.empty() ? test : train) index_of.emplace(number, 0);
  int32_t next = 0;
  for (auto& [number, index] : index_of) index = next++;

  DataSource source;
  source.format = Format::kNumbered;
  source.found = "images with class numbers in their names, as SIGNS";
  finish(source, numbered_files(tree, train_folder, train, index_of),
         numbered_files(tree, validation_folder, validation, index_of), numbered_files(tree, test_folder, test, index_of),
         options);
  return source;
}

}  // namespace residual::data
