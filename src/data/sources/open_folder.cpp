// Image folders: train/<class>/*.jpg and test|val/<class>/*.jpg, or one folder with <class>/*.jpg.
#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/sources/image_files.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

constexpr const char* kTest = "test";

ImageListing list_classes(const FileTree& tree, const std::string& folder) {
  ImageListing listing;
  for (const FileTree::Entry& entry : tree.list(folder)) {
    const std::string path = joined(folder, entry.name);
    if (!entry.folder) {
      if (!has_image_name(entry.name)) continue;
      fail(ErrorKind::kBadFile, "'{}' lies beside the class folders; every image belongs in the folder of its class",
           tree.where(path));
    }
    const auto label = static_cast<int32_t>(listing.classes.size());
    listing.classes.push_back(entry.name);
    const size_t before = listing.files.size();
    for (const FileTree::Entry& file : tree.list(path)) {
      const std::string image = joined(path, file.name);
      if (!file.file) {
        fail(ErrorKind::kBadFile, "'{}' is no file; a class folder holds JPEG and PNG images only", tree.where(image));
      }
      listing.files.emplace_back(label, image);
    }
    if (listing.files.size() == before) fail(ErrorKind::kBadFile, "the class folder '{}' holds no image", tree.where(path));
  }
  if (listing.classes.empty()) fail(ErrorKind::kBadFile, "'{}' has no class folders", tree.where(folder));
  return listing;
}

// Numbers the classes of a split as `classes`, of which it may lack some.
void number_as(const std::vector<std::string>& classes, ImageListing& listing, const FileTree& tree, std::string_view split) {
  std::vector<int32_t> numbers;
  for (const std::string& name : listing.classes) {
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end()) {
      fail(ErrorKind::kBadFile,
           "'{}': train has {} classes, {} has {}; '{}' is in {} only, each class needs a folder in train too", tree.where(""),
           classes.size(), split, listing.classes.size(), printable(name), split);
    }
    numbers.push_back(static_cast<int32_t>(found - classes.begin()));
  }
  for (auto& [label, path] : listing.files) label = numbers[static_cast<size_t>(label)];
  listing.classes = classes;
}

// reference: a split whose classes this one shares; null for the first.
std::unique_ptr<ImageFiles> open_split(const std::shared_ptr<const FileTree>& tree, const std::string& folder,
                                       const ImageFiles* reference) {
  if (!tree->is_folder(folder)) return nullptr;
  ImageListing listing = list_classes(*tree, folder);
  if (reference != nullptr) number_as(reference->classes(), listing, *tree, folder);
  return std::make_unique<ImageFiles>(tree, std::move(listing), folder);
}

std::unique_ptr<ImageFiles> open_validation(const std::shared_ptr<const FileTree>& tree, const ImageFiles* reference) {
  for (const std::string_view name : kValidationFolders) {
    if (auto split = open_split(tree, std::string(name), reference)) return split;
  }
  return nullptr;
}

// train_x, test_x, …: a layout in which the folders are splits of some other kind would pass for classes.
void refuse_split_names(const ImageFiles& dataset, const FileTree& tree) {
  const std::vector<std::string>& names = dataset.classes();
  const auto split_like = [](const std::string& name) {
    return name.starts_with("train") || name.starts_with("test") || name.starts_with("val");
  };
  if (!std::all_of(names.begin(), names.end(), split_like)) return;
  fail(
      ErrorKind::kBadFile,
      "'{}' has the folders '{}' …, which look like parts of a data set and not like classes; name them train, test or val, with "
      "a folder for each class inside",
      tree.where(""), printable(names[0]));
}

}  // namespace

bool has_split_folders(const FileTree& tree) {
  const auto is_there = [&](std::string_view name) { return tree.is_folder(std::string(name)); };
  return tree.is_folder("train") || tree.is_folder(kTest) || std::ranges::any_of(kValidationFolders, is_there);
}

bool has_class_folders(const FileTree& tree) {
  return std::ranges::any_of(tree.list(""), &FileTree::Entry::folder);
}

DataSource open_image_folder(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options) {
  DataSource source;
  source.format = Format::kFolder;
  source.found = "image folder";
  std::unique_ptr<ImageFiles> train, validation, test;
  if (has_split_folders(*tree)) {
    train = open_split(tree, "train", nullptr);
    validation = open_validation(tree, train.get());
    test = open_split(tree, kTest, train ? train.get() : validation.get());
  } else {
    train = open_split(tree, "", nullptr);
    refuse_split_names(*train, *tree);
    source.found = "image folder without train and test parts";
  }
  finish(source, std::move(train), std::move(validation), std::move(test), options);
  return source;
}

}  // namespace residual::data
