#include "residual/dataset.h"

#include "api/handles.h"
#include "data/labels.h"
#include "data/memory_dataset.h"
#include "image/image_view.h"

namespace residual {
namespace {

data::OpenOptions open_options(const std::string& path, const DatasetOptions& options) {
  data::OpenOptions result;
  result.path = path;
  result.val_split = options.val_split;
  result.seed = options.seed;
  result.exif_orientation = options.exif_orientation;
  result.skip_broken = options.skip_broken;
  result.coarse_labels = options.coarse_labels;
  result.class_names = options.labels;
  result.train_size = options.train_size;
  result.test_size = options.test_size;
  if (path == "shapes") {
    result.channels = options.shape.channels;
    result.shapes_height = options.shape.height;
    result.shapes_width = options.shape.width;
  }
  return result;
}

// Null without images.
std::unique_ptr<data::Dataset> split_of(const LabelledImages& given, const std::vector<std::string>& classes) {
  if (given.images.empty() && given.labels.empty()) return nullptr;
  std::vector<Image> images(given.images.size());
  for (size_t i = 0; i < images.size(); ++i) copy_pixels(given.images[i], images[i]);
  return data::memory_dataset(std::move(images), {given.labels.begin(), given.labels.end()}, classes);
}

}  // namespace

Dataset::Dataset(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::string& path, const DatasetOptions& options) {
  return guarded([&] {
    const data::OpenOptions open = open_options(path, options);
    return Dataset(std::make_unique<Parts>(Parts{data::open_data(open), open}));
  });
}

Dataset Dataset::from_memory(const LabelledImages& train, const LabelledImages& test, const std::vector<std::string>& classes,
                             const DatasetOptions& options) {
  return guarded([&] {
    data::DataSource source =
        data::memory_source(split_of(train, classes), nullptr, split_of(test, classes), options.val_split, options.seed);
    return Dataset(std::make_unique<Parts>(Parts{std::move(source), std::nullopt}));
  });
}

Dataset Dataset::from_memory(std::span<const ImageView> images, std::span<const int64_t> labels,
                             const std::vector<std::string>& classes, const DatasetOptions& options) {
  return from_memory({images, labels}, {}, classes, options);
}

const std::string& Dataset::description() const {
  return parts_->source.found;
}

const std::vector<std::string>& Dataset::classes() const {
  return parts_->source.classes();
}

ImageShape Dataset::image_shape() const {
  const data::DataSource& source = parts_->source;
  return to_public((source.train ? *source.train : source.split("")).image_shape());
}

int64_t Dataset::size(std::string_view split) const {
  if (split.empty()) return 0;
  const data::Dataset* part = parts_->source.find(split);
  return part != nullptr ? part->size() : 0;
}

std::vector<std::string> read_labels(const std::filesystem::path& file) {
  return guarded([&] { return data::read_labels(file); });
}

}  // namespace residual
