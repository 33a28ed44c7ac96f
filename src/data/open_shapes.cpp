// The built-in pictures as a data set.
#include "core/error.h"
#include "data/cache.h"
#include "data/shapes.h"
#include "data/sources.h"

namespace residual::data {
namespace {

class ShapesDataset : public Dataset {
 public:
  ShapesDataset(const ShapesOptions& options, int64_t cache_bytes) : options_(options), cache_(options.size, cache_bytes) {}

  int64_t size() const override { return options_.size; }
  int64_t label(int64_t index) const override { return index % static_cast<int64_t>(shape_classes().size()); }
  void read(int64_t index, Picture& picture) const override {
    if (cache_.find(index, picture)) return;
    draw_shape(options_, index, picture);
    cache_.keep(index, picture);
  }
  std::string name(int64_t index) const override { return fmt::format("built-in picture {}", index); }
  const std::vector<std::string>& classes() const override { return shape_classes(); }
  std::string description() const override { return fmt::format("built-in shapes, {} pictures", size()); }
  Shape picture_shape() const override { return Shape{options_.channels, options_.height, options_.width}; }

 private:
  ShapesOptions options_;
  PictureCache cache_;
};

void check_range(int64_t value, int64_t least, int64_t most, std::string_view what) {
  if (value < least || value > most)
    fail(ErrorKind::kUsage, "{} of the built-in pictures is {}, expected {} to {}", what, value, least, most);
}

}  // namespace

DataSource open_shapes(const OpenOptions& options) {
  check_range(options.train_size, 1, 100'000'000, "the number of training pictures");
  check_range(options.test_size, 1, 100'000'000, "the number of test pictures");
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
