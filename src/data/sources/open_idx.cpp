// MNIST and its likes: train-images, train-labels, t10k-images and t10k-labels, plain or .gz.
#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "data/sources/idx.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

constexpr const char* kFashion[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

class IdxDataset : public Dataset {
 public:
  // path, labels_path: for messages.
  IdxDataset(std::vector<std::byte> images, std::vector<std::byte> labels, std::string path, const std::string& labels_path)
      : image_bytes_(std::move(images)), label_bytes_(std::move(labels)), path_(std::move(path)) {
    images_ = parse_idx_images(image_bytes_, path_);
    labels_ = parse_idx_labels(label_bytes_, labels_path);
    if (images_.count == 0) fail(ErrorKind::kBadFile, "'{}' holds no image", path_);
    if (labels_.size() != static_cast<size_t>(images_.count)) {
      fail(ErrorKind::kBadFile, "'{}' has {} images and '{}' has {} labels; they do not belong together", path_, images_.count,
           labels_path, labels_.size());
    }
  }

  int64_t most_label() const { return std::to_integer<int64_t>(*std::max_element(labels_.begin(), labels_.end())); }
  void set_classes(std::shared_ptr<const std::vector<std::string>> classes) { classes_ = std::move(classes); }

  int64_t size() const override { return images_.count; }
  int64_t label(int64_t index) const override { return std::to_integer<int64_t>(labels_[static_cast<size_t>(index)]); }
  void read(int64_t index, Image& image) const override {
    const auto count = static_cast<size_t>(images_.height * images_.width);
    const auto bytes = images_.pixels.subspan(static_cast<size_t>(index) * count, count);
    image.channels = 1;
    image.height = images_.height;
    image.width = images_.width;
    image.pixels.resize(count);
    std::transform(bytes.begin(), bytes.end(), image.pixels.begin(),
                   [](std::byte byte) { return std::to_integer<uint8_t>(byte); });
  }
  std::string name(int64_t index) const override { return fmt::format("{}, image {}", path_, index); }
  const std::vector<std::string>& classes() const override { return *classes_; }
  std::string description() const override { return fmt::format("IDX, {} images", size()); }
  Shape image_shape() const override { return Shape{1, images_.height, images_.width}; }

 private:
  std::vector<std::byte> image_bytes_, label_bytes_;
  std::string path_;
  IdxImages images_;
  std::span<const std::byte> labels_;
  std::shared_ptr<const std::vector<std::string>> classes_;
};

// "train-images-idx3-ubyte", also written with a dot.
std::string file(const FileTree& tree, const std::string& split, bool images) {
  const std::string kind = images ? "images" : "labels", rank = images ? "idx3" : "idx1";
  for (const char* mark : {"-", "."}) {
    const std::string found = find_plain_or_gzip(tree, split + "-" + kind + mark + rank + "-ubyte");
    if (!found.empty()) return found;
  }
  return {};
}

std::unique_ptr<IdxDataset> open(const FileTree& tree, const std::string& split) {
  const std::string images = file(tree, split, true), labels = file(tree, split, false);
  if (images.empty() && labels.empty()) return nullptr;
  if (images.empty() || labels.empty()) {
    fail(ErrorKind::kBadFile, "'{}' has {} but not {}-{}-ubyte, plain or .gz", tree.where(""), images.empty() ? labels : images,
         split, images.empty() ? "images-idx3" : "labels-idx1");
  }
  return std::make_unique<IdxDataset>(read_plain_or_gzip(tree, images), read_plain_or_gzip(tree, labels), tree.where(images),
                                      tree.where(labels));
}

// Its files have MNIST's names: only the folder or the one above it ("FashionMNIST/raw") tells them apart.
bool is_fashion(const FileTree& tree) {
  std::filesystem::path place = std::filesystem::path(tree.where("")).lexically_normal();
  if (!place.has_filename()) place = place.parent_path();
  const std::string name = lower_case(place.parent_path().filename().string() + "/" + place.filename().string());
  return name.find("fashion") != std::string::npos;
}

}  // namespace

bool is_idx(const FileTree& tree) {
  for (const char* split : {"train", "t10k"}) {
    for (bool images : {true, false}) {
      if (!file(tree, split, images).empty()) return true;
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
    if (train->image_shape() != test->image_shape()) {
      fail(ErrorKind::kBadFile, "'{}': the training images are {}, the test images {}; they do not belong together",
           tree->where(""), to_string(train->image_shape()), to_string(test->image_shape()));
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
