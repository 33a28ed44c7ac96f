#include "data/contact_sheet.h"

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

std::vector<uint8_t> pixel(const Picture& picture, int64_t y, int64_t x) {
  const auto at = picture.pixels.begin() + (y * picture.width + x) * 3;
  return {at, at + 3};
}

TEST(ContactSheet, HasARowForEveryClassWithItsFirstPictures) {
  const DataSource source = shapes(64);
  const ContactSheet sheet = contact_sheet(*source.train, 3);
  EXPECT_EQ(sheet.rows, source.classes());
  EXPECT_EQ(sheet.left_out, 0);
  EXPECT_EQ(sheet.picture.height, 10 * 68 + 4);
  EXPECT_EQ(sheet.picture.width, 3 * 68 + 4);
  check_picture(sheet.picture);
  // Picture 12 is the second of class 2.
  const Picture picture = source.train->picture(12);
  EXPECT_EQ(pixel(sheet.picture, 4 + 2 * 68 + 10, 4 + 68 + 20), pixel(picture, 10, 20));
  EXPECT_EQ(pixel(sheet.picture, 0, 0), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, LeavesPlacesEmptyWhereAClassHasFewPictures) {
  const ContactSheet sheet = contact_sheet(*shapes(64).train, 4);  // classes 5 to 9 have three pictures only
  EXPECT_EQ(pixel(sheet.picture, 4 + 9 * 68 + 30, 4 + 3 * 68 + 30), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, KeepsSmallPicturesAndShrinksLargeOnes) {
  EXPECT_EQ(contact_sheet(*shapes(16).test, 1).picture.width, 72);
  const DataSource large = shapes(100);
  const ContactSheet sheet = contact_sheet(*large.test, 1);
  EXPECT_EQ(sheet.picture.width, 72);
  EXPECT_NE(pixel(sheet.picture, 4 + 32, 4 + 32), (std::vector<uint8_t>{255, 255, 255}));
}

TEST(ContactSheet, OfNoColumnsIsRefused) {
  expect_error([] { contact_sheet(*shapes(16).test, 0); }, ErrorKind::kUsage, {"0 columns"});
}

}  // namespace
}  // namespace residual::data
