#include "residual/dataset.h"

#include "api/handles.h"

namespace residual {

Dataset::Dataset(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::string& path, const DatasetOptions& options) {
  return guarded([&] {
    data::OpenOptions open;
    open.path = path;
    open.val_split = options.validation;
    open.seed = options.seed;
    open.train_size = options.train_size;
    open.test_size = options.test_size;
    if (path == "shapes") {
      open.channels = options.shape.channels;
      open.shapes_height = options.shape.height;
      open.shapes_width = options.shape.width;
    }
    return Dataset(std::make_unique<Parts>(Parts{data::open_data(open)}));
  });
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

}  // namespace residual
