// Image folders: train/<class>/*.jpg and test|val/<class>/*.jpg, or one folder with <class>/*.jpg.
#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/sources/image_files.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

// Each folder is a class, with all images in it and in its own folders. Throws Error (kBadFile).
ImageListing list_classes(const FileTree& tree, const std::string& folder, bool upright) {
  ImageListing listing;
  std::vector<ListedImage> beside;
  for (const FileTree::Entry& entry : tree.list(folder)) {
    const std::string path = joined(folder, entry.name);
    if (!entry.folder) {
      beside.push_back({.label = -1, .path = path});
      continue;
    }
    check_class_name(entry.name, tree.where(path));
    list_files(tree, path, static_cast<int32_t>(listing.classes.size()), listing.images);
    listing.classes.push_back(entry.name);
  }
  listing.images.insert(listing.images.end(), beside.begin(), beside.end());
  keep_images(tree, upright, listing);
  std::vector<int64_t> of_class(listing.classes.size());
  for (const ListedImage& image : listing.images) {
    if (image.label < 0) {
      fail(ErrorKind::kBadFile, "'{}' lies beside the class folders; every image belongs in the folder of its class",
           tree.where(image.path));
    }
    ++of_class[static_cast<size_t>(image.label)];
  }
  if (listing.classes.empty()) fail(ErrorKind::kBadFile, "'{}' has no class folders", tree.where(folder));
  for (size_t label = 0; label < of_class.size(); ++label) {
    if (of_class[label] == 0) {
      fail(ErrorKind::kBadFile, "the class folder '{}' holds no image", tree.where(joined(folder, listing.classes[label])));
    }
  }
  return listing;
}

// Folders of a class that are called like splits: another layout than it seems, in which all splits would be trained on.
void refuse_splits_in_classes(const FileTree& tree, const std::string& folder) {
  for (const FileTree::Entry& entry : tree.list(folder)) {
    if (!entry.folder) continue;
    for (const FileTree::Entry& inner : tree.list(joined(folder, entry.name))) {
      if (!inner.folder || (!is_split_name(inner.name, kTrainNames, SplitName::kWhole) &&
                            !is_split_name(inner.name, kTestNames, SplitName::kWhole))) {
        continue;
      }
      fail(ErrorKind::kBadFile, "'{}' is a split inside of a class; the classes belong into the splits: {}/<class>/…",
           tree.where(joined(joined(folder, entry.name), inner.name)), printable(inner.name));
    }
  }
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
  for (ListedImage& image : listing.images) image.label = numbers[static_cast<size_t>(image.label)];
  listing.classes = classes;
}

// reference: a split whose classes this one shares; null for the first.
std::unique_ptr<ImageFiles> open_classes(const std::shared_ptr<const FileTree>& tree, const std::string& folder, bool upright,
                                         const ImageFiles* reference) {
  refuse_splits_in_classes(*tree, folder);
  ImageListing listing = list_classes(*tree, folder, upright);
  if (reference != nullptr) number_as(reference->classes(), listing, *tree, folder);
  return std::make_unique<ImageFiles>(tree, std::move(listing), folder);
}

std::unique_ptr<ImageFiles> open_split(const std::shared_ptr<const FileTree>& tree, const std::string& folder, bool upright,
                                       const ImageFiles* reference) {
  return folder.empty() ? nullptr : open_classes(tree, folder, upright, reference);
}

// train_x, test_x, …: a layout in which the folders are splits of some other kind would pass for classes.
void refuse_split_names(const ImageFiles& dataset, const FileTree& tree) {
  const std::vector<std::string>& names = dataset.classes();
  const auto split_like = [](const std::string& name) {
    return is_split_name(name, kTrainNames, SplitName::kPrefix) || is_split_name(name, kTestNames, SplitName::kPrefix) ||
           is_split_name(name, kValidationNames, SplitName::kPrefix);
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
  return std::ranges::any_of(tree.list(""), [](const FileTree::Entry& entry) {
    return entry.folder && (is_split_name(entry.name, kTrainNames, SplitName::kWhole) ||
                            is_split_name(entry.name, kTestNames, SplitName::kWhole) ||
                            is_split_name(entry.name, kValidationNames, SplitName::kWhole));
  });
}

bool has_class_folders(const FileTree& tree) {
  return std::ranges::any_of(tree.list(""), &FileTree::Entry::folder);
}

DataSource open_image_folder(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options) {
  DataSource source;
  source.format = Format::kFolder;
  source.found = "image folder";
  std::unique_ptr<ImageFiles> train, validation, test;
  const bool upright = options.exif_orientation;
  if (has_split_folders(*tree)) {
    train = open_split(tree, split_folder(*tree, kTrainNames, SplitName::kWhole), upright, nullptr);
    validation = open_split(tree, split_folder(*tree, kValidationNames, SplitName::kWhole), upright, train.get());
    test = open_split(tree, split_folder(*tree, kTestNames, SplitName::kWhole), upright, train ? train.get() : validation.get());
  } else {
    train = open_classes(tree, "", upright, nullptr);
    refuse_split_names(*train, *tree);
    source.found = "image folder without train and test parts";
  }
  finish(source, std::move(train), std::move(validation), std::move(test), options);
  return source;
}

}  // namespace residual::data
