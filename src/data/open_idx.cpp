// MNIST and its likes: train-images, train-labels, t10k-images and t10k-labels, plain or .gz.
#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/gzip.h"
#include "data/idx.h"
#include "data/sources.h"

namespace residual::data {
namespace {

namespace fs = std::filesystem;

class IdxDataset : public Dataset {
 public:
  IdxDataset(std::vector<std::byte> pictures, std::vector<std::byte> labels, fs::path path, const fs::path& labels_path)
      : picture_bytes_(std::move(pictures)), label_bytes_(std::move(labels)), path_(std::move(path)) {
    pictures_ = parse_idx_pictures(picture_bytes_, path_.string());
    labels_ = parse_idx_labels(label_bytes_, labels_path.string());
    if (pictures_.count == 0) fail(ErrorKind::kBadFile, "'{}' holds no picture", path_.string());
    if (labels_.size() != static_cast<size_t>(pictures_.count)) {
      fail(ErrorKind::kBadFile, "'{}' has {} pictures and '{}' has {} labels; they do not belong together", path_.string(),
           pictures_.count, labels_path.string(), labels_.size());
    }
  }

  int64_t most_label() const { return std::to_integer<int64_t>(*std::max_element(labels_.begin(), labels_.end())); }
  void set_classes(std::shared_ptr<const std::vector<std::string>> classes) { classes_ = std::move(classes); }

  int64_t size() const override { return pictures_.count; }
  int64_t label(int64_t index) const override { return std::to_integer<int64_t>(labels_[static_cast<size_t>(index)]); }
  void read(int64_t index, Picture& picture) const override {
    const auto count = static_cast<size_t>(pictures_.height * pictures_.width);
    const auto bytes = pictures_.pixels.subspan(static_cast<size_t>(index) * count, count);
    picture.channels = 1;
    picture.height = pictures_.height;
    picture.width = pictures_.width;
    picture.pixels.resize(count);
    std::transform(bytes.begin(), bytes.end(), picture.pixels.begin(),
                   [](std::byte byte) { return std::to_integer<uint8_t>(byte); });
  }
  std::string name(int64_t index) const override { return fmt::format("{}, picture {}", path_.string(), index); }
  const std::vector<std::string>& classes() const override { return *classes_; }
  std::string description() const override { return fmt::format("IDX, {} pictures", size()); }
  Shape picture_shape() const override { return Shape{1, pictures_.height, pictures_.width}; }

 private:
  std::vector<std::byte> picture_bytes_, label_bytes_;
  fs::path path_;
  IdxPictures pictures_;
  std::span<const std::byte> labels_;
  std::shared_ptr<const std::vector<std::string>> classes_;
};

// "train-images-idx3-ubyte", also written with a dot.
fs::path file(const fs::path& folder, const std::string& split, bool pictures) {
  const std::string kind = pictures ? "images" : "labels", rank = pictures ? "idx3" : "idx1";
  for (const char* mark : {"-", "."}) {
    const fs::path found = find_plain_or_gzip(folder / (split + "-" + kind + mark + rank + "-ubyte"));
    if (!found.empty()) return found;
  }
  return {};
}

std::unique_ptr<IdxDataset> open(const fs::path& folder, const std::string& split) {
  const fs::path pictures = file(folder, split, true), labels = file(folder, split, false);
  if (pictures.empty() && labels.empty()) return nullptr;
  if (pictures.empty() || labels.empty()) {
    fail(ErrorKind::kBadFile, "'{}' has {} but not {}-{}-ubyte, plain or .gz", folder.string(),
         (pictures.empty() ? labels : pictures).filename().string(), split, pictures.empty() ? "images-idx3" : "labels-idx1");
  }
  return std::make_unique<IdxDataset>(read_plain_or_gzip(pictures), read_plain_or_gzip(labels), pictures, labels);
}

}  // namespace

bool is_idx(const fs::path& folder) {
  for (const char* split : {"train", "t10k"}) {
    for (bool pictures : {true, false}) {
      if (!file(folder, split, pictures).empty()) return true;
    }
  }
  return false;
}

DataSource open_idx(const fs::path& folder, const OpenOptions&) {
  std::unique_ptr<IdxDataset> train = open(folder, "train"), test = open(folder, "t10k");
  const int64_t most = std::max((train ? train : test)->most_label(), int64_t{1});
  if (train && test) {
    if (test->most_label() > most) {
      fail(ErrorKind::kBadFile, "'{}': the test labels go up to {}, the training labels only to {}; they do not belong together",
           folder.string(), test->most_label(), most);
    }
    if (train->picture_shape() != test->picture_shape()) {
      fail(ErrorKind::kBadFile, "'{}': the training pictures are {}, the test pictures {}; they do not belong together",
           folder.string(), to_string(train->picture_shape()), to_string(test->picture_shape()));
    }
  }
  auto names = std::make_shared<std::vector<std::string>>();
  for (int64_t label = 0; label <= most; ++label) names->push_back(std::to_string(label));
  for (IdxDataset* split : {train.get(), test.get()}) {
    if (split != nullptr) split->set_classes(names);
  }
  DataSource source;
  source.format = "idx";
  source.found = "IDX files, as MNIST";
  source.train = std::move(train);
  source.test = std::move(test);
  return source;
}

}  // namespace residual::data
