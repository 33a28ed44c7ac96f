#include "data/sources/shapes.h"

#include <cmath>
#include <thread>

#include "files.h"
#include "image/raster.h"

namespace residual::data {
namespace {

Image drawn(const ShapesOptions& options, int64_t index) {
  Image image;
  draw_shape(options, index, image);
  return image;
}

// FNV-1a.
uint64_t hash(const Image& image) {
  uint64_t value = 0xcbf29ce484222325;
  for (uint8_t byte : image.pixels) value = (value ^ byte) * 0x100000001b3;
  return value;
}

TEST(Shapes, ImageDependsOnSeedSplitAndIndexAlone) {
  ShapesOptions options;
  const Image image = drawn(options, 5);
  std::thread([&] { EXPECT_EQ(drawn(options, 5), image); }).join();
  drawn(options, 6);
  EXPECT_EQ(drawn(options, 5), image);
  EXPECT_NE(drawn(options, 15), image);
  options.split = 1;
  EXPECT_NE(drawn(options, 5), image);
  options.split = 0;
  options.seed = 1;
  EXPECT_NE(drawn(options, 5), image);
}

TEST(Shapes, ImagesAreTheKnownOnes) {
  uint64_t all = 0;
  for (int64_t i = 0; i < 200; ++i) all = all * 31 + hash(drawn({}, i));
  EXPECT_EQ(all, uint64_t{9688032449203120806U}) << "the built-in images have changed: figures quoted for them no longer hold";
}

TEST(Shapes, AnySizeAndGreyWork) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{8, 8}, {64, 64}, {17, 90}, {224, 224}}) {
    ShapesOptions options;
    options.height = height;
    options.width = width;
    for (int64_t i = 0; i < 20; ++i) {
      const Image image = drawn(options, i);
      EXPECT_EQ(image.pixels.size(), static_cast<size_t>(height * width * 3));
    }
    options.channels = 1;
    const Image grey = drawn(options, 3);
    check_image(grey);
    EXPECT_EQ(grey.channels, 1);
  }
}

TEST(Shapes, AreADataSet) {
  OpenOptions options;
  options.path = "shapes";
  options.train_size = 30;
  options.test_size = 20;
  options.shapes_height = 16;
  options.shapes_width = 24;
  options.val_split = 0.4;
  const DataSource source = open_data(options);
  EXPECT_EQ(source.found, "built-in shapes: 10 classes, 20 training images, 10 validation images, 20 test images (3x16x24)");
  EXPECT_EQ(source.classes(), shape_classes());
  EXPECT_EQ(source.test->label(13), 3);
  EXPECT_EQ(source.test->image(13), source.test->image(13));
  EXPECT_NE(source.test->image(3), source.test->image(13));
}

TEST(Shapes, TrainingImagesStayTheSameWhenThereAreMore) {
  OpenOptions options;
  options.path = "shapes";
  options.train_size = 10;
  const Image few = open_data(options).train->image(9);
  options.train_size = 1000;
  EXPECT_EQ(open_data(options).train->image(9), few);
}

TEST(Raster, DirectionIsTheUnitCircle) {
  for (double turns = -1; turns < 2; turns += 0.01) {
    const Point point = direction(turns);
    EXPECT_NEAR(point.x, std::cos(turns * 2 * M_PI), 1e-3);
    EXPECT_NEAR(point.y, std::sin(turns * 2 * M_PI), 1e-3);
  }
}

double area(const Mask& mask) {
  double sum = 0;
  for (int64_t y = mask.top; y < mask.bottom; ++y) {
    for (int64_t x = mask.left; x < mask.right; ++x) sum += mask.at(y, x);
  }
  return sum;
}

TEST(Raster, MasksCoverTheAreaOfTheirOutline) {
  Mask mask;
  mask.reset(40, 50);
  mask.fill_disc({20.3F, 18.9F}, 11);
  EXPECT_NEAR(area(mask), M_PI * 121, 2);
  mask.cut_disc({20.3F, 18.9F}, 5);
  EXPECT_NEAR(area(mask), M_PI * (121 - 25), 2);
  const std::array<Point, 4> square = {{{10.25F, 10}, {30.75F, 10}, {30.75F, 25.5F}, {10.25F, 25.5F}}};
  mask.fill_polygon(square);
  EXPECT_NEAR(area(mask), 20.5 * 15.5, 1);
  // Concave: an L of three unit squares of side 8.
  const std::array<Point, 6> corner = {{{4, 4}, {20, 4}, {20, 12}, {12, 12}, {12, 20}, {4, 20}}};
  mask.fill_polygon(corner);
  EXPECT_NEAR(area(mask), 192, 1);
  EXPECT_EQ(mask.at(16, 16), 0);
}

TEST(Raster, ShapesPartlyOrWhollyOutsideAreCutOff) {
  Mask mask;
  mask.reset(10, 10);
  mask.fill_disc({0, 0}, 5);
  EXPECT_NEAR(area(mask), M_PI * 25 / 4, 1);
  mask.fill_disc({-100, 300}, 5);
  EXPECT_EQ(area(mask), 0);
}

}  // namespace
}  // namespace residual::data
