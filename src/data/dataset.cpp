#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/system/system_error.h"
#include "core/text.h"
#include "data/files/archive.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected =
    "a folder or archive with CIFAR's data_batch_1.bin … or train.bin, with MNIST's train-images-idx3-ubyte …, with "
    "train/<class>/*.jpg and test/<class>/*.jpg, or with train_…/<number>_….jpg and test_…/<number>_….jpg; or 'shapes' for the "
    "built-in images";

std::shared_ptr<const FileTree> open_tree(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(ErrorKind::kBadFile, "there is no '{}'; expected {}", path, kExpected);
  if (fs::is_directory(status)) return folder_on_disk(path);
  if (has_archive_name(path)) return open_archive(path);
  for (const std::string_view end : {".7z", ".rar", ".tar.zst", ".tar.lz4"}) {
    if (lower_case(path).ends_with(end))
      fail(ErrorKind::kBadFile, "'{}' is an archive of a kind that is not read ({} are); unpack it and give the folder", path,
           archive_name_endings());
  }
  refuse_explained(fs::path(path).filename().string(), printable(path, kMostOfAPath));
  fail(ErrorKind::kBadFile, "'{}' is a file; expected {}", path, kExpected);
}

// Archives, unpacked or not, often have one folder around everything.
std::string only_folder(const FileTree& tree) {
  const std::vector<FileTree::Entry> entries = tree.list("");
  std::string folder;
  for (const FileTree::Entry& entry : entries) {
    if (!entry.folder) continue;
    if (!folder.empty()) return {};
    folder = entry.name;
  }
  return folder;
}

// The formats with files of their own, in the order in which they are tried.
struct KnownFormat {
  bool (*is)(const FileTree& tree);
  DataSource (*open)(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options);
};
constexpr KnownFormat kFormats[] = {{is_cifar, open_cifar},
                                    {is_cifar100, open_cifar100},
                                    {is_idx, open_idx},
                                    {is_numbered, open_numbered},
                                    {has_split_folders, open_image_folder}};

DataSource open_format(const OpenOptions& options) {
  if (options.path == "shapes") return open_shapes(options);
  constexpr int kMostAround = 4;
  const std::shared_ptr<const FileTree> top = open_tree(options.path);
  std::shared_ptr<const FileTree> tree = top;
  for (int around = 0; around < kMostAround; ++around) {
    for (const KnownFormat& format : kFormats) {
      if (format.is(*tree)) return format.open(tree, options);
    }
    refuse_explained(*tree);
    const std::string inner = only_folder(*tree);
    if (inner.empty()) break;
    tree = subtree(tree, inner);
  }
  // Nothing but folders of classes is left: where there is more than one folder, or else at the top.
  if (has_class_folders(*tree)) return open_image_folder(tree, options);
  if (has_class_folders(*top)) return open_image_folder(top, options);
  fail(ErrorKind::kBadFile, "'{}' contains no data set in a known format; expected {}", options.path, kExpected);
}

std::string summary(const DataSource& source) {
  const std::array<std::pair<const Dataset*, std::string_view>, 3> splits = {
      {{source.train.get(), "training"}, {source.validation.get(), "validation"}, {source.test.get(), "test"}}};
  std::string line = fmt::format("{}: {} classes", source.found, source.classes().size());
  for (const auto& [split, name] : splits) {
    if (split != nullptr) line += fmt::format(", {} {} images", split->size(), name);
  }
  const Dataset& first = source.train ? *source.train : source.split("");
  line += fmt::format(" ({})", to_string(first.image_shape()));
  return source.note.empty() ? line : line + "; " + source.note;
}

}  // namespace

std::string_view name_of(Format format) {
  switch (format) {
    case Format::kShapes: return "shapes";
    case Format::kCifar10: return "cifar10";
    case Format::kCifar100: return "cifar100";
    case Format::kIdx: return "idx";
    case Format::kNumbered: return "numbered";
    case Format::kFolder: return "folder";
    case Format::kMemory: break;
  }
  return "memory";
}

Image Dataset::image(int64_t index) const {
  Image image;
  read(index, image);
  return image;
}

const Dataset* DataSource::find(std::string_view split) const {
  if (split == "train") return train.get();
  if (split == "validation" || split == "val") return validation.get();
  if (split == "test") return test.get();
  if (!split.empty()) return nullptr;
  return test ? test.get() : validation ? validation.get() : train.get();
}

const Dataset& DataSource::split(std::string_view split) const {
  if (const Dataset* part = find(split)) return *part;
  std::string there;
  for (const char* name : {"train", "validation", "test"}) {
    if (find(name) != nullptr) there += there.empty() ? name : fmt::format(", {}", name);
  }
  fail(ErrorKind::kUsage, "the data has no split '{}'; it has {}", split, there);
}

const std::vector<std::string>& DataSource::classes() const {
  return split("").classes();
}

void check_split(std::string_view split) {
  constexpr std::string_view kSplits[] = {"", "train", "validation", "val", "test"};
  if (std::ranges::find(kSplits, split) == std::end(kSplits))
    fail(ErrorKind::kUsage, "the split is '{}', expected train, validation or test", split);
}

void check(const OpenOptions& options) {
  // Written so that a NaN is refused too.
  if (!(options.val_split >= 0 && options.val_split <= 0.9)) {
    fail(ErrorKind::kUsage, "the fraction for the validation split is {}, expected 0 to 0.9", options.val_split);
  }
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    fail(ErrorKind::kUsage, "images can be read with 1 or 3 channels, not {}", options.channels);
  }
  if (options.cache_bytes < 0)
    fail(ErrorKind::kUsage, "the cache for images is {} bytes, expected 0 or more", options.cache_bytes);
}

void complete(DataSource& source, std::string_view name, double val_split, uint64_t seed) {
  if (val_split > 0) {
    if (source.validation) {
      fail(ErrorKind::kUsage, "{} has a validation split of its own; omit the fraction for one (val_split) or remove that split",
           name);
    }
    if (!source.train) fail(ErrorKind::kUsage, "{} has no training images to split", name);
    split_validation(source, val_split, seed);
  }
  source.found = summary(source);
}

DataSource open_data(const OpenOptions& options) {
  check(options);
  try {
    DataSource source = open_format(options);
    if (!options.class_names.empty()) rename_classes(source, options.class_names);
    complete(source, fmt::format("'{}'", options.path), options.val_split, options.seed);
    return source;
  } catch (const fs::filesystem_error& error) {
    fail(kind_of(error.code(), ErrorKind::kBadFile), "cannot read '{}': {}", options.path, error.code().message());
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::kResource, "no memory for the images of '{}'", options.path);
  }
}

}  // namespace residual::data
