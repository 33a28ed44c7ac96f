// The built-in images as a data set.
#include "core/error.h"
#include "data/loading/cache.h"
#include "data/sources/shapes.h"
#include "data/sources/sources.h"

namespace residual::data {
namespace {

class ShapesDataset : public Dataset {
 public:
  ShapesDataset(const ShapesOptions& options, int64_t cache_bytes) : options_(options), cache_(options.size, cache_bytes) {}

  int64_t size() const override { return options_.size; }
  int64_t label(int64_t index) const override { return index % static_cast<int64_t>(shape_classes().size()); }
  void read(int64_t index, Image& image) const override {
    if (cache_.find(index, image)) return;
    draw_shape(options_, index, image);
    cache_.keep(index, image);
  }
  std::string name(int64_t index) const override { return fmt::format("built-in image {}", index); }
  const std::vector<std::string>& classes() const override { return shape_classes(); }
  std::string description() const override { return fmt::format("built-in shapes, {} images", size()); }
  Shape image_shape() const override { return Shape{options_.channels, options_.height, options_.width}; }

 private:
  ShapesOptions options_;
  ImageCache cache_;
};

void check_range(int64_t value, int64_t least, int64_t most, std::string_view what) {
  if (value < least || value > most)
    fail(ErrorKind::kUsage, "{} of the built-in images is {}, expected {} to {}", what, value, least, most);
}

}  // namespace

DataSource open_shapes(const OpenOptions& options) {
  check_range(options.train_size, 1, 100'000'000, "the number of training images");
  check_range(options.test_size, 1, 100'000'000, "the number of test images");
  check_range(options.shapes_height, 8, 1024, "the height");
  check_range(options.shapes_width, 8, 1024, "the width");
  ShapesOptions shapes{
      options.seed, 0, options.train_size, options.shapes_height, options.shapes_width, options.channels == 1 ? 1 : 3};
  DataSource source;
  source.format = Format::kShapes;
  source.found = "built-in shapes";
  const int64_t all = options.train_size + options.test_size, train_share = options.cache_bytes / all * options.train_size;
  source.train = std::make_unique<ShapesDataset>(shapes, train_share);
  shapes.split = 1;
  shapes.size = options.test_size;
  source.test = std::make_unique<ShapesDataset>(shapes, options.cache_bytes - train_share);
  return source;
}

}  // namespace residual::data
