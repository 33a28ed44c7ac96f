#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "data/sources.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected =
    "a folder with CIFAR-10's data_batch_1.bin …, with MNIST's train-images-idx3-ubyte …, or with train/<class>/*.jpg and "
    "test/<class>/*.jpg; or "
    "'shapes' for the built-in pictures";

fs::path checked_folder(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(ErrorKind::kBadFile, "there is no '{}'; expected {}", path, kExpected);
  if (fs::is_directory(status)) return path;
  const std::string name = fs::path(path).filename().string();
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  if (ends(".tar.gz") || ends(".tgz") || ends(".tar") || ends(".zip"))
    fail(ErrorKind::kBadFile, "'{}' is an archive; unpack it and name the folder", path);
  fail(ErrorKind::kBadFile, "'{}' is a file; expected {}", path, kExpected);
}

void check_options(const OpenOptions& options) {
  // Written so that a NaN is refused too.
  if (!(options.val_split >= 0 && options.val_split <= 0.9)) {
    fail(ErrorKind::kUsage, "the validation split is {}, expected a fraction from 0 to 0.9", options.val_split);
  }
  if (options.channels != 0 && options.channels != 1 && options.channels != 3) {
    fail(ErrorKind::kUsage, "pictures can be read with 1 or 3 channels, not {}", options.channels);
  }
  if (options.cache_bytes < 0)
    fail(ErrorKind::kUsage, "the cache for pictures is {} bytes, expected 0 or more", options.cache_bytes);
}

DataSource open_format(const OpenOptions& options) {
  if (options.path == "shapes") return open_shapes(options);
  const fs::path folder = checked_folder(options.path);
  if (is_cifar(folder)) return open_cifar(folder, options);
  if (is_idx(folder)) return open_idx(folder, options);
  if (fs::exists(folder / "data_batch_1")) {
    fail(ErrorKind::kBadFile, "'{}' is CIFAR-10's Python version; download the binary version (data_batch_1.bin …)",
         options.path);
  }
  if (is_image_folder(folder)) return open_image_folder(folder, options);
  fail(ErrorKind::kBadFile, "'{}' holds nothing that is understood; expected {}", options.path, kExpected);
}

std::string summary(const DataSource& source) {
  const std::array<std::pair<const Dataset*, std::string_view>, 3> splits = {
      {{source.train.get(), "training"}, {source.validation.get(), "validation"}, {source.test.get(), "test"}}};
  std::string line = fmt::format("{}: {} classes", source.found, source.classes().size());
  for (const auto& [split, name] : splits) {
    if (split != nullptr) line += fmt::format(", {} {} pictures", split->size(), name);
  }
  const Shape shape = source.split("").picture_shape();
  return line + fmt::format(" ({}{})", source.format == "folder" ? "the first is " : "", to_string(shape));
}

}  // namespace

Picture Dataset::picture(int64_t index) const {
  Picture picture;
  read(index, picture);
  return picture;
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
  fail(ErrorKind::kUsage, "the data have no part called '{}'; there is {}", split, there);
}

const std::vector<std::string>& DataSource::classes() const {
  return split("").classes();
}

fs::path find_plain_or_gzip(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path;
  fs::path packed = path;
  packed += ".gz";
  return fs::is_regular_file(packed, error) ? packed : fs::path();
}

DataSource open_data(const OpenOptions& options) {
  check_options(options);
  try {
    DataSource source = open_format(options);
    if (options.val_split > 0) {
      if (source.validation) {
        fail(ErrorKind::kUsage, "'{}' has a validation part of its own; leave the validation split away or remove that part",
             options.path);
      }
      if (!source.train) fail(ErrorKind::kUsage, "'{}' has no training pictures to split", options.path);
      split_validation(source, options.val_split, options.seed);
    }
    source.found = summary(source);
    return source;
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kBadFile, "cannot read '{}': {}", options.path, error.code().message());
  } catch (const std::bad_alloc&) {
    fail(ErrorKind::kResource, "no memory for the pictures of '{}'", options.path);
  }
}

}  // namespace residual::data
