#include "data/memory_dataset.h"

#include <utility>

#include "core/error.h"
#include "data/overview/size_counts.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

class MemoryDataset : public Dataset {
 public:
  MemoryDataset(std::vector<Image> images, std::vector<int64_t> labels, std::vector<std::string> classes)
      : images_(std::move(images)), labels_(std::move(labels)), classes_(std::move(classes)) {
    SizeCounts sizes;
    for (const Image& image : images_) sizes.add({image.height, image.width});
    usual_ = sizes.most_common().first;
  }

  int64_t size() const override { return static_cast<int64_t>(images_.size()); }
  int64_t label(int64_t index) const override { return labels_.at(static_cast<size_t>(index)); }
  void read(int64_t index, Image& image) const override { image = images_.at(static_cast<size_t>(index)); }
  std::string name(int64_t index) const override { return fmt::format("image {} in memory", index); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string description() const override { return fmt::format("{} images in memory", size()); }
  Shape image_shape() const override { return Shape{images_[0].channels, usual_.height, usual_.width}; }

 private:
  std::vector<Image> images_;
  std::vector<int64_t> labels_;
  std::vector<std::string> classes_;
  Size2 usual_;
};

}  // namespace

std::unique_ptr<Dataset> memory_dataset(std::vector<Image> images, std::vector<int64_t> labels,
                                        std::vector<std::string> classes) {
  if (images.empty()) fail(ErrorKind::kUsage, "a data set in memory has no images, at least one is expected");
  if (classes.empty()) fail(ErrorKind::kUsage, "a data set in memory has no classes, at least one is expected");
  if (labels.size() != images.size())
    fail(ErrorKind::kUsage, "{} images in memory have {} labels, one for each is expected", images.size(), labels.size());
  for (size_t i = 0; i < images.size(); ++i) {
    check_image(images[i]);
    if (images[i].channels != images[0].channels) {
      fail(ErrorKind::kUsage,
           "image {} in memory has {} channels, the first image has {}; convert them to one number of channels", i,
           images[i].channels, images[0].channels);
    }
    if (labels[i] < 0 || labels[i] >= static_cast<int64_t>(classes.size()))
      fail(ErrorKind::kUsage, "image {} in memory has label {}, expected 0 … {}", i, labels[i], classes.size() - 1);
  }
  return std::make_unique<MemoryDataset>(std::move(images), std::move(labels), std::move(classes));
}

DataSource memory_source(std::unique_ptr<Dataset> train, std::unique_ptr<Dataset> validation, std::unique_ptr<Dataset> test,
                         double val_split, uint64_t seed) {
  check({.val_split = val_split});
  DataSource source;
  source.format = Format::kMemory;
  source.found = "images in memory";
  source.train = std::move(train);
  source.validation = std::move(validation);
  source.test = std::move(test);
  const Dataset* const any = source.find("");
  if (any == nullptr) fail(ErrorKind::kUsage, "a data source needs a training, validation or test split");
  for (const Dataset* split : {source.train.get(), source.validation.get(), source.test.get()}) {
    if (split != nullptr && split->classes() != any->classes())
      fail(ErrorKind::kUsage, "the splits of a data source have different classes; all must have the same list");
  }
  complete(source, source.found, val_split, seed);
  return source;
}

}  // namespace residual::data
