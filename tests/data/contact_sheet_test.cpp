#include "data/overview/contact_sheet.h"

#include "files.h"

namespace residual::data {
namespace {

DataSource shapes(int64_t side) {
  OpenOptions options;
  options.path = "shapes";
  options.train_size = 35;
  options.test_size = 15;
  options.shapes_height = options.shapes_width = side;
  return open_data(options);
}

std::vector<uint8_t> pixel(const Image& image, int64_t y, int64_t x) {
  const auto at = image.pixels.begin() + (y * image.width + x) * 3;
  return {at, at + 3};
}

TEST(ContactSheet, HasARowForEveryClassWithItsFirstImages) {
  const DataSource source = shapes(64);
  const ContactSheet sheet = contact_sheet(*source.train, 3);
  EXPECT_EQ(sheet.rows, source.classes());
  EXPECT_EQ(sheet.omitted, 0);
  EXPECT_EQ(sheet.image.height, 10 * 68 + 4);
  EXPECT_EQ(sheet.image.width, 3 * 68 + 4);
  check_image(sheet.image);
  // Image 12 is the second of class 2.
  const Image image = source.train->image(12);
  EXPECT_EQ(pixel(sheet.image, 4 + 2 * 68 + 10, 4 + 68 + 20), pixel(image, 10, 20));
  EXPECT_EQ(pixel(sheet.image, 0, 0), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, HasEmptyCellsWhereAClassHasFewImages) {
  const ContactSheet sheet = contact_sheet(*shapes(64).train, 4);  // classes 5 to 9 have three images only
  EXPECT_EQ(pixel(sheet.image, 4 + 9 * 68 + 30, 4 + 3 * 68 + 30), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, KeepsSmallImagesAndShrinksLargeOnes) {
  EXPECT_EQ(contact_sheet(*shapes(16).test, 1).image.width, 72);
  const DataSource large = shapes(100);
  const ContactSheet sheet = contact_sheet(*large.test, 1);
  EXPECT_EQ(sheet.image.width, 72);
  EXPECT_NE(pixel(sheet.image, 4 + 32, 4 + 32), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, OfNoColumnsIsRefused) {
  expect_error([] { contact_sheet(*shapes(16).test, 0); }, ErrorKind::kUsage, {"0 columns"});
}

}  // namespace
}  // namespace residual::data
