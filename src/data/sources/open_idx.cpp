// MNIST and its likes: train-images, train-labels, t10k-images and t10k-labels, plain or .gz; and EMNIST, whose files are called
// emnist-NAME-train-images and so on, whose images lie on their side, and whose classes may count from 1.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"
#include "data/sources/idx.h"
#include "data/sources/sources.h"
#include "image/formats/orientation.h"

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

  int64_t least_label() const { return std::to_integer<int64_t>(*std::min_element(labels_.begin(), labels_.end())); }
  int64_t most_label() const { return std::to_integer<int64_t>(*std::max_element(labels_.begin(), labels_.end())); }
  /// transposed: columns are stored one after the other. first: the label of the first class.
  void set_form(bool transposed, int64_t first) {
    transposed_ = transposed;
    first_ = first;
  }
  void set_classes(std::shared_ptr<const std::vector<std::string>> classes) { classes_ = std::move(classes); }

  int64_t size() const override { return images_.count; }
  int64_t label(int64_t index) const override { return std::to_integer<int64_t>(labels_[static_cast<size_t>(index)]) - first_; }
  void read(int64_t index, Image& image) const override {
    const auto count = static_cast<size_t>(images_.height * images_.width);
    const auto bytes = images_.pixels.subspan(static_cast<size_t>(index) * count, count);
    image.channels = 1;
    image.height = images_.height;
    image.width = images_.width;
    image.pixels.resize(count);
    std::transform(bytes.begin(), bytes.end(), image.pixels.begin(),
                   [](std::byte byte) { return std::to_integer<uint8_t>(byte); });
    if (transposed_) make_upright(image, 5);
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
  bool transposed_ = false;
  int64_t first_ = 0;
};

// What the files of a set begin with.
struct IdxSet {
  std::string name, train = "train", test = "t10k";  // name: "emnist-letters"; empty for MNIST and its likes
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

// "emnist-letters" and the like: every set that has a file in the folder.
std::set<std::string> emnist_sets(const FileTree& tree) {
  std::set<std::string> sets;
  for (const FileTree::Entry& entry : tree.list("")) {
    if (!entry.file || !entry.name.starts_with("emnist-") || entry.name.find("-ubyte") == std::string::npos) continue;
    for (const char* split : {"-train-images", "-train-labels", "-test-images", "-test-labels"}) {
      if (const size_t at = entry.name.find(split); at != std::string::npos) sets.insert(entry.name.substr(0, at));
    }
  }
  return sets;
}

IdxSet set_in(const FileTree& tree) {
  const std::set<std::string> sets = emnist_sets(tree);
  if (sets.empty()) return {};
  if (sets.size() > 1) {
    std::string names;
    for (const std::string& name : sets) names += (names.empty() ? "" : ", ") + printable(name);
    fail(ErrorKind::kBadFile, "'{}' holds {} sets of EMNIST ({}); put the files of one of them into a folder of its own",
         tree.where(""), sets.size(), names);
  }
  return {*sets.begin(), *sets.begin() + "-train", *sets.begin() + "-test"};
}

// The letters of labels, from lines of a label and of the codes of its letters: "10 65", "36 77 109".
std::map<int64_t, std::string> emnist_letters(const FileTree& tree, const std::string& set) {
  std::map<int64_t, std::string> letters;
  const std::string path = set + "-mapping.txt";
  if (!tree.is_file(path)) return letters;
  const std::vector<std::byte> bytes = tree.read(path, size_t{1} << 16);
  std::istringstream lines(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    int64_t label = 0;
    if (!(numbers >> label)) continue;
    std::string& text = letters[label];
    for (int code = 0; numbers >> code;) {
      if (code < 33 || code > 126)
        fail(ErrorKind::kBadFile, "'{}' has the code {} for a letter, expected 33 to 126", tree.where(path), code);
      text += (text.empty() ? "" : "/") + std::string(1, static_cast<char>(code));
    }
    if (text.empty()) fail(ErrorKind::kBadFile, "'{}' has no letter for label {}", tree.where(path), label);
  }
  return letters;
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
  return !emnist_sets(tree).empty();
}

DataSource open_idx(const std::shared_ptr<const FileTree>& tree, const OpenOptions&) {
  const IdxSet set = set_in(*tree);
  std::unique_ptr<IdxDataset> train = open(*tree, set.train), test = open(*tree, set.test);
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
  const bool emnist = !set.name.empty(), fashion = !emnist && most == 9 && is_fashion(*tree);
  const std::map<int64_t, std::string> letters = emnist ? emnist_letters(*tree, set.name) : std::map<int64_t, std::string>();
  int64_t first = emnist ? (train ? train : test)->least_label() : 0;
  if (train && test) first = std::min(first, test->least_label());
  for (int64_t label = first; label <= most; ++label) {
    const auto letter = letters.find(label);
    names->push_back(letter != letters.end() ? letter->second : fashion ? kFashion[label] : std::to_string(label));
  }
  for (IdxDataset* split : {train.get(), test.get()}) {
    if (split == nullptr) continue;
    split->set_classes(names);
    split->set_form(emnist, first);
  }
  DataSource source;
  source.format = Format::kIdx;
  source.found = emnist ? fmt::format("EMNIST ({})", printable(set.name)) : fashion ? "Fashion-MNIST" : "IDX files, as MNIST";
  source.train = std::move(train);
  source.test = std::move(test);
  return source;
}

}  // namespace residual::data
