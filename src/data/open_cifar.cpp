// CIFAR-10 in its binary version: data_batch_1.bin … data_batch_5.bin and test_batch.bin, plain or .gz.
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "data/cifar.h"
#include "data/gzip.h"
#include "data/sources.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

class CifarDataset : public Dataset {
 public:
  CifarDataset(std::vector<std::vector<std::byte>> files, std::vector<fs::path> paths,
               std::shared_ptr<const std::vector<std::string>> classes)
      : files_(std::move(files)), paths_(std::move(paths)), classes_(std::move(classes)) {
    for (size_t i = 0; i < files_.size(); ++i) {
      const int64_t count = check_cifar(files_[i], static_cast<int64_t>(classes_->size()), paths_[i].string());
      if (i > 0 && count != each_) {
        fail(ErrorKind::kBadFile,
             "'{}' has {} pictures and '{}' has {}; CIFAR-10's batches are equally long: one of them is cut off",
             paths_[0].string(), each_, paths_[i].string(), count);
      }
      each_ = count;
    }
  }

  int64_t size() const override { return each_ * static_cast<int64_t>(files_.size()); }
  int64_t label(int64_t index) const override { return std::to_integer<int64_t>(record(index)[0]); }
  void read(int64_t index, Picture& picture) const override { cifar_picture(record(index), picture); }
  std::string name(int64_t index) const override {
    return fmt::format("{}, picture {}", paths_.at(static_cast<size_t>(index / each_)).string(), index % each_);
  }
  const std::vector<std::string>& classes() const override { return *classes_; }
  std::string description() const override { return fmt::format("CIFAR-10 binary, {} pictures", size()); }
  Shape picture_shape() const override { return Shape{3, kCifarSide, kCifarSide}; }

 private:
  std::span<const std::byte> record(int64_t index) const {
    const std::vector<std::byte>& file = files_.at(static_cast<size_t>(index / each_));
    return std::span(file).subspan(static_cast<size_t>(index % each_) * kCifarRecord, kCifarRecord);
  }

  std::vector<std::vector<std::byte>> files_;
  std::vector<fs::path> paths_;
  std::shared_ptr<const std::vector<std::string>> classes_;
  int64_t each_ = 1;  // pictures a file
};

fs::path inner(const fs::path& folder) {
  const fs::path nested = folder / "cifar-10-batches-bin";
  return fs::is_directory(nested) ? nested : folder;
}

fs::path train_file(const fs::path& folder, int batch) {
  return find_plain_or_gzip(folder / fmt::format("data_batch_{}.bin", batch));
}
fs::path test_file(const fs::path& folder) {
  return find_plain_or_gzip(folder / "test_batch.bin");
}

std::shared_ptr<const std::vector<std::string>> class_names(const fs::path& folder) {
  const fs::path meta = folder / "batches.meta.txt";
  if (!fs::exists(meta)) return std::make_shared<std::vector<std::string>>(std::begin(kNames), std::end(kNames));
  return std::make_shared<std::vector<std::string>>(parse_cifar_names(read_file(meta, size_t{1} << 16), meta.string()));
}

}  // namespace

bool is_cifar(const fs::path& folder) {
  const fs::path place = inner(folder);
  if (!test_file(place).empty()) return true;
  for (int batch = 1; batch <= 5; ++batch) {
    if (!train_file(place, batch).empty()) return true;
  }
  return false;
}

DataSource open_cifar(const fs::path& folder, const OpenOptions&) {
  const fs::path place = inner(folder);
  const auto classes = class_names(place);
  DataSource source;
  source.format = "cifar10";
  source.found = "CIFAR-10 binary";

  std::vector<fs::path> paths;
  std::vector<std::string> missing;
  for (int batch = 1; batch <= 5; ++batch) {
    if (fs::path path = train_file(place, batch); !path.empty()) {
      paths.push_back(std::move(path));
    } else {
      missing.push_back(fmt::format("data_batch_{}.bin", batch));
    }
  }
  const fs::path test = test_file(place);
  if (!paths.empty() && !missing.empty()) {
    fail(ErrorKind::kBadFile, "'{}' has {} of CIFAR-10's five training files; {} is missing", place.string(), paths.size(),
         missing[0]);
  }
  if (!paths.empty() && test.empty())
    fail(ErrorKind::kBadFile, "'{}' has CIFAR-10's training files but test_batch.bin is missing", place.string());

  if (!paths.empty()) {
    std::vector<std::vector<std::byte>> files;
    for (const fs::path& path : paths) files.push_back(read_plain_or_gzip(path));
    source.train = std::make_unique<CifarDataset>(std::move(files), paths, classes);
  }
  std::vector<std::vector<std::byte>> files;
  files.push_back(read_plain_or_gzip(test));
  source.test = std::make_unique<CifarDataset>(std::move(files), std::vector{test}, classes);
  return source;
}

}  // namespace residual::data
