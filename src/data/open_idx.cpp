// MNIST and its likes: train-images, train-labels, t10k-images and t10k-labels, plain or .gz.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/idx.h"
#include "data/sources.h"

namespace residual::data {
namespace {

constexpr const char* kFashion[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

class IdxDataset : public Dataset {
 public:
  // path, labels_path: for messages.
  IdxDataset(std::vector<std::byte> pictures, std::vector<std::byte> labels, std::string path, const std::string& labels_path)
      : picture_bytes_(std::move(pictures)), label_bytes_(std::move(labels)), path_(std::move(path)) {
    pictures_ = parse_idx_pictures(picture_bytes_, path_);
    labels_ = parse_idx_labels(label_bytes_, labels_path);
    if (pictures_.count == 0) fail(ErrorKind::kBadFile, "'{}' holds no picture", path_);
    if (labels_.size() != static_cast<size_t>(pictures_.count)) {
      fail(ErrorKind::kBadFile, "'{}' has {} pictures and '{}' has {} labels; they do not belong together", path_,
           pictures_.count, labels_path, labels_.size());
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
  std::string name(int64_t index) const override { return fmt::format("{}, picture {}", path_, index); }
  const std::vector<std::string>& classes() const override { return *classes_; }
  std::string description() const override { return fmt::format("IDX, {} pictures", size()); }
  Shape picture_shape() const override { return Shape{1, pictures_.height, pictures_.width}; }

 private:
  std::vector<std::byte> picture_bytes_, label_bytes_;
  std::string path_;
  IdxPictures pictures_;
  std::span<const std::byte> labels_;
  std::shared_ptr<const std::vector<std::string>> classes_;
};

// "train-images-idx3-ubyte", also written with a dot.
std::string file(const FileTree& tree, const std::string& split, bool pictures) {
  const std::string kind = pictures ? "images" : "labels", rank = pictures ? "idx3" : "idx1";
  for (const char* mark : {"-", "."}) {
    const std::string found = find_plain_or_gzip(tree, split + "-" + kind + mark + rank + "-ubyte");
    if (!found.empty()) return found;
  }
  return {};
}

std::unique_ptr<IdxDataset> open(const FileTree& tree, const std::string& split) {
  const std::string pictures = file(tree, split, true), labels = file(tree, split, false);
  if (pictures.empty() && labels.empty()) return nullptr;
  if (pictures.empty() || labels.empty()) {
    fail(ErrorKind::kBadFile, "'{}' has {} but not {}-{}-ubyte, plain or .gz", tree.where(""),
         pictures.empty() ? labels : pictures, split, pictures.empty() ? "images-idx3" : "labels-idx1");
  }
  return std::make_unique<IdxDataset>(read_plain_or_gzip(tree, pictures), read_plain_or_gzip(tree, labels), tree.where(pictures),
                                      tree.where(labels));
}

// Its files are called as MNIST's are: only the folder or the one above it ("FashionMNIST/raw") says which they are.
bool is_fashion(const FileTree& tree) {
  std::filesystem::path place = std::filesystem::path(tree.where("")).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  const std::string name = lower_case(place.parent_path().filename().string() + "/" + place.filename().string());
  return name.find("fashion") != std::string::npos;
}

}  // namespace

bool is_idx(const FileTree& tree) {
  for (const char* split : {"train", "t10k"}) {
    for (bool pictures : {true, false}) {
      if (!file(tree, split, pictures).empty()) return true;
    }
  }
  return false;
}

DataSource open_idx(const std::shared_ptr<const FileTree>& tree, const OpenOptions&) {
  std::unique_ptr<IdxDataset> train = open(*tree, "train"), test = open(*tree, "t10k");
  const int64_t most = std::max((train ? train : test)->most_label(), int64_t{1});
  if (train && test) {
    if (test->most_label() > most) {
      fail(ErrorKind::kBadFile, "'{}': the test labels go up to {}, the training labels only to {}; they do not belong together",
           tree->where(""), test->most_label(), most);
    }
    if (train->picture_shape() != test->picture_shape()) {
      fail(ErrorKind::kBadFile, "'{}': the training pictures are {}, the test pictures {}; they do not belong together",
           tree->where(""), to_string(train->picture_shape()), to_string(test->picture_shape()));
    }
  }
  auto names = std::make_shared<std::vector<std::string>>();
  const bool fashion = most == 9 && is_fashion(*tree);
  for (int64_t label = 0; label <= most; ++label) names->push_back(fashion ? kFashion[label] : std::to_string(label));
  for (IdxDataset* split : {train.get(), test.get()}) {
    if (split != nullptr) split->set_classes(names);
  }
  DataSource source;
  source.format = Format::kIdx;
  source.found = fashion ? "Fashion-MNIST" : "IDX files, as MNIST";
  source.train = std::move(train);
  source.test = std::move(test);
  return source;
}

}  // namespace residual::data
