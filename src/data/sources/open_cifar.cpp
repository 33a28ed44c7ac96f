// CIFAR in its binary versions, plain or .gz. CIFAR-10: data_batch_1.bin … data_batch_5.bin and test_batch.bin; CIFAR-100:
// train.bin and test.bin.
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "data/sources/cifar.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

constexpr const char* kNames[] = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

using Classes = std::shared_ptr<const std::vector<std::string>>;

class CifarDataset : public Dataset {
 public:
  CifarDataset(const FileTree& tree, const std::vector<std::string>& paths, const CifarFormat& format, Classes classes)
      : format_(format), classes_(std::move(classes)) {
    for (const std::string& path : paths) {
      files_.push_back(read_plain_or_gzip(tree, path));
      paths_.push_back(tree.where(path));
      const int64_t count = check_cifar(files_.back(), format_, paths_.back());
      if (files_.size() > 1 && count != each_) {
        fail(ErrorKind::kBadFile,
             "'{}' has {} images and '{}' has {}; CIFAR-10's batches are equally long: one of them is cut off", paths_[0], each_,
             paths_.back(), count);
      }
      each_ = count;
    }
  }

  int64_t size() const override { return each_ * static_cast<int64_t>(files_.size()); }
  int64_t label(int64_t index) const override { return std::to_integer<int64_t>(record(index)[format_.label_at]); }
  void read(int64_t index, Image& image) const override { cifar_image(record(index), format_, image); }
  std::string name(int64_t index) const override {
    return fmt::format("{}, image {}", paths_.at(static_cast<size_t>(index / each_)), index % each_);
  }
  const std::vector<std::string>& classes() const override { return *classes_; }
  std::string description() const override { return fmt::format("{} binary, {} images", format_.name, size()); }
  Shape image_shape() const override { return Shape{3, kCifarSide, kCifarSide}; }

 private:
  std::span<const std::byte> record(int64_t index) const {
    const std::vector<std::byte>& file = files_.at(static_cast<size_t>(index / each_));
    return std::span(file).subspan(static_cast<size_t>(index % each_) * format_.record(), format_.record());
  }

  CifarFormat format_;
  std::vector<std::vector<std::byte>> files_;
  std::vector<std::string> paths_;
  Classes classes_;
  int64_t each_ = 1;  // images a file
};

std::string train_file(const FileTree& tree, int batch) {
  return find_plain_or_gzip(tree, fmt::format("data_batch_{}.bin", batch));
}
std::string test_file(const FileTree& tree) {
  return find_plain_or_gzip(tree, "test_batch.bin");
}

// The names in a file of that name beside the data; without it the given ones.
Classes class_names(const FileTree& tree, const std::string& file, std::vector<std::string> standard) {
  if (!tree.is_file(file)) return std::make_shared<const std::vector<std::string>>(std::move(standard));
  return std::make_shared<const std::vector<std::string>>(
      parse_cifar_names(tree.read(file, size_t{1} << 16), standard.size(), tree.where(file)));
}

}  // namespace

bool is_cifar(const FileTree& tree) {
  if (!test_file(tree).empty()) return true;
  for (int batch = 1; batch <= 5; ++batch) {
    if (!train_file(tree, batch).empty()) return true;
  }
  return false;
}

DataSource open_cifar(const std::shared_ptr<const FileTree>& tree, const OpenOptions&) {
  const Classes classes = class_names(*tree, "batches.meta.txt", {std::begin(kNames), std::end(kNames)});
  DataSource source;
  source.format = Format::kCifar10;
  source.found = "CIFAR-10 binary";

  std::vector<std::string> paths, missing;
  for (int batch = 1; batch <= 5; ++batch) {
    if (std::string path = train_file(*tree, batch); !path.empty()) {
      paths.push_back(std::move(path));
    } else {
      missing.push_back(fmt::format("data_batch_{}.bin", batch));
    }
  }
  const std::string test = test_file(*tree);
  if (!paths.empty() && !missing.empty()) {
    fail(ErrorKind::kBadFile, "'{}' has {} of CIFAR-10's five training files; {} is missing", tree->where(""), paths.size(),
         missing[0]);
  }
  if (!paths.empty() && test.empty())
    fail(ErrorKind::kBadFile, "'{}' has CIFAR-10's training files but test_batch.bin is missing", tree->where(""));

  if (!paths.empty()) source.train = std::make_unique<CifarDataset>(*tree, paths, kCifar10Format, classes);
  source.test = std::make_unique<CifarDataset>(*tree, std::vector{test}, kCifar10Format, classes);
  return source;
}

bool is_cifar100(const FileTree& tree) {
  return tree.is_file("fine_label_names.txt") || !find_plain_or_gzip(tree, "train.bin").empty() ||
         !find_plain_or_gzip(tree, "test.bin").empty();
}

DataSource open_cifar100(const std::shared_ptr<const FileTree>& tree, const OpenOptions& options) {
  const CifarFormat& format = options.coarse_labels ? kCifar100CoarseFormat : kCifar100FineFormat;
  std::vector<std::string> numbers;
  for (int64_t label = 0; label < format.classes; ++label) numbers.push_back(std::to_string(label));
  const Classes classes =
      class_names(*tree, options.coarse_labels ? "coarse_label_names.txt" : "fine_label_names.txt", std::move(numbers));
  DataSource source;
  source.format = Format::kCifar100;
  source.found = options.coarse_labels ? "CIFAR-100 binary, coarse classes" : "CIFAR-100 binary";
  const std::string train = find_plain_or_gzip(*tree, "train.bin"), test = find_plain_or_gzip(*tree, "test.bin");
  if (train.empty() && test.empty())
    fail(ErrorKind::kBadFile, "'{}' has CIFAR-100's names but neither train.bin nor test.bin", tree->where(""));
  if (!train.empty()) source.train = std::make_unique<CifarDataset>(*tree, std::vector{train}, format, classes);
  if (!test.empty()) source.test = std::make_unique<CifarDataset>(*tree, std::vector{test}, format, classes);
  return source;
}

}  // namespace residual::data
