// Image folders: train/<class>/*.jpg and test|val/<class>/*.jpg, or one folder with <class>/*.jpg.
#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/threads.h"
#include "data/cache.h"
#include "data/orientation.h"
#include "data/sources.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPictureFile = size_t{1} << 30;
constexpr const char* kTest = "test";
constexpr const char* kValidation[] = {"val", "validation", "valid"};

struct Listing {
  std::vector<std::string> classes;                    // sorted
  std::vector<std::pair<int32_t, std::string>> files;  // class and file name, sorted
};

bool hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (!hidden(entry.path())) entries.push_back(entry);
    }
  } catch (const fs::filesystem_error& error) {
    fail(ErrorKind::kBadFile, "cannot list '{}': {}", folder.string(), error.code().message());
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path().filename().string() < b.path().filename().string(); });
  return entries;
}

bool has_picture_name(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return end == ".jpg" || end == ".jpeg" || end == ".png";
}

Listing list_classes(const fs::path& folder) {
  Listing listing;
  for (const fs::directory_entry& entry : entries_of(folder)) {
    if (!entry.is_directory()) {
      if (!has_picture_name(entry.path())) continue;
      fail(ErrorKind::kBadFile, "'{}' lies beside the class folders; every picture belongs in the folder of its class",
           entry.path().string());
    }
    const auto label = static_cast<int32_t>(listing.classes.size());
    listing.classes.push_back(entry.path().filename().string());
    const size_t before = listing.files.size();
    for (const fs::directory_entry& file : entries_of(entry.path())) {
      if (!file.is_regular_file()) {
        fail(ErrorKind::kBadFile, "'{}' is no file; a class folder holds JPEG and PNG pictures only", file.path().string());
      }
      listing.files.emplace_back(label, file.path().filename().string());
    }
    if (listing.files.size() == before)
      fail(ErrorKind::kBadFile, "the class folder '{}' holds no picture", entry.path().string());
  }
  if (listing.classes.empty()) fail(ErrorKind::kBadFile, "'{}' has no class folders", folder.string());
  return listing;
}

class FolderDataset : public Dataset {
 public:
  FolderDataset(fs::path folder, Listing listing) : folder_(std::move(folder)), listing_(std::move(listing)) {}

  // Called once, before use.
  void prepare(int64_t channels, bool upright, int64_t cache_bytes) {
    channels_ = channels;
    upright_ = upright;
    cache_ = std::make_unique<PictureCache>(size(), cache_bytes);
    Picture first;
    read(0, first);
    shape_ = Shape{first.channels, first.height, first.width};
  }

  fs::path path(int64_t index) const {
    const auto& [label, file] = listing_.files.at(static_cast<size_t>(index));
    return folder_ / listing_.classes[static_cast<size_t>(label)] / file;
  }
  void decode(int64_t index, int64_t channels, Picture& picture) const {
    const fs::path file = path(index);
    const std::vector<std::byte> bytes = read_file(file, kMaxPictureFile);
    decode_picture(bytes, file.string(), channels, picture);
    if (upright_) make_upright(picture, exif_orientation(bytes));
  }

  int64_t size() const override { return static_cast<int64_t>(listing_.files.size()); }
  int64_t label(int64_t index) const override { return listing_.files[static_cast<size_t>(index)].first; }
  void read(int64_t index, Picture& picture) const override {
    if (cache_->find(index, picture)) return;
    decode(index, channels_, picture);
    cache_->keep(index, picture);
  }
  std::string name(int64_t index) const override { return path(index).string(); }
  const std::vector<std::string>& classes() const override { return listing_.classes; }
  std::string description() const override { return fmt::format("'{}', {} pictures", folder_.string(), size()); }
  Shape picture_shape() const override { return shape_; }

 private:
  fs::path folder_;
  Listing listing_;
  int64_t channels_ = 3;
  bool upright_ = false;
  Shape shape_;
  std::unique_ptr<PictureCache> cache_;
};

// Looks at the first bytes of every file, so that one that is no picture is named before training and not in the middle of it.
void check_files(const FolderDataset& dataset) {
  const int threads = static_cast<int>(std::min<int64_t>(allowed_threads(), dataset.size()));
  std::atomic<int64_t> first_bad = dataset.size();
  const auto check = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      std::array<char, 8> start{};
      std::ifstream file(dataset.path(i), std::ios::binary);
      file.read(start.data(), start.size());
      if (looks_like_picture(std::as_bytes(std::span(start).first(static_cast<size_t>(file.gcount()))))) continue;
      int64_t known = first_bad;
      while (i < known && !first_bad.compare_exchange_weak(known, i)) {
      }
      return;
    }
  };
  {
    std::vector<std::jthread> team;
    for (int64_t t = 0; t < threads; ++t)
      team.emplace_back(check, dataset.size() * t / threads, dataset.size() * (t + 1) / threads);
  }
  Picture picture;
  // Decoding says what is wrong with it, unless it has become a picture in between.
  if (first_bad < dataset.size()) dataset.decode(first_bad, 3, picture);
}

// 1 when a sample of the pictures is all grey, else 3.
int64_t channels_of(const FolderDataset& dataset) {
  constexpr int64_t kSample = 32;
  const int64_t count = std::min(kSample, dataset.size());
  Picture picture;
  for (int64_t i = 0; i < count; ++i) {
    dataset.decode(dataset.size() * i / count, 0, picture);
    if (picture.channels != 1) return 3;
  }
  return 1;
}

void check_same_classes(const FolderDataset& train, const FolderDataset& other, const fs::path& root, std::string_view split) {
  const std::vector<std::string>&a = train.classes(), &b = other.classes();
  if (a == b) return;
  std::vector<std::string> only_train, only_other;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_train));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_other));
  const bool missing = !only_train.empty();
  fail(ErrorKind::kBadFile, "'{}': train has {} classes, {} has {}; '{}' is in {} only. Both need the same class folders",
       root.string(), a.size(), split, b.size(), missing ? only_train[0] : only_other[0], missing ? "train" : split);
}

std::unique_ptr<FolderDataset> open_split(const fs::path& folder) {
  if (!fs::is_directory(folder)) return nullptr;
  auto split = std::make_unique<FolderDataset>(folder, list_classes(folder));
  check_files(*split);
  return split;
}

std::unique_ptr<FolderDataset> open_validation(const fs::path& folder, std::string& called) {
  for (const char* name : kValidation) {
    if (auto split = open_split(folder / name)) {
      called = name;
      return split;
    }
  }
  return nullptr;
}

bool has_splits(const fs::path& folder) {
  if (fs::is_directory(folder / "train") || fs::is_directory(folder / kTest)) return true;
  return std::any_of(std::begin(kValidation), std::end(kValidation),
                     [&](const char* name) { return fs::is_directory(folder / name); });
}

// train_x, test_x, …: a layout in which the folders are splits of some other kind would pass for classes.
void refuse_split_names(const FolderDataset& dataset, const fs::path& folder) {
  const std::vector<std::string>& names = dataset.classes();
  const auto split_like = [](const std::string& name) {
    return name.starts_with("train") || name.starts_with("test") || name.starts_with("val");
  };
  if (!std::all_of(names.begin(), names.end(), split_like)) return;
  fail(
      ErrorKind::kBadFile,
      "'{}' has the folders '{}' …, which look like parts of a data set and not like classes; name them train, test or val, with "
      "a folder for each class inside",
      folder.string(), names[0]);
}

}  // namespace

bool is_image_folder(const fs::path& folder) {
  const std::vector<fs::directory_entry> entries = entries_of(folder);
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.is_directory(); });
}

DataSource open_image_folder(const fs::path& folder, const OpenOptions& options) {
  DataSource source;
  source.format = "folder";
  source.found = "image folder";
  std::unique_ptr<FolderDataset> train, validation, test;
  std::string validation_name;
  if (has_splits(folder)) {
    train = open_split(folder / "train");
    validation = open_validation(folder, validation_name);
    test = open_split(folder / kTest);
    if (train && validation) check_same_classes(*train, *validation, folder, validation_name);
    if (train && test) check_same_classes(*train, *test, folder, kTest);
    if (!train && validation && test) check_same_classes(*validation, *test, folder, kTest);
  } else {
    train = open_split(folder);
    refuse_split_names(*train, folder);
    source.found = "image folder without train and test parts";
  }
  FolderDataset* splits[] = {train.get(), validation.get(), test.get()};
  int64_t channels = options.channels, pictures = 0;
  for (const FolderDataset* split : splits) {
    if (split == nullptr) continue;
    if (channels == 0) channels = channels_of(*split);
    pictures += split->size();
  }
  for (FolderDataset* split : splits) {
    if (split != nullptr) split->prepare(channels, options.exif_orientation, options.cache_bytes / pictures * split->size());
  }
  source.train = std::move(train);
  source.validation = std::move(validation);
  source.test = std::move(test);
  return source;
}

}  // namespace residual::data
