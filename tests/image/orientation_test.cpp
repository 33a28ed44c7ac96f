#include "image/formats/orientation.h"

#include "support/exif.h"

namespace residual {
namespace {

using namespace support;

int orientation_of(const std::string& file) {
  return exif_orientation(bytes_of(file));
}

TEST(Orientation, IsReadFromJpegAndPngInBothByteOrders) {
  for (uint32_t value = 1; value <= 8; ++value) {
    for (const bool little : {false, true}) {
      EXPECT_EQ(orientation_of(jpeg_with(tiff(little, 0x0112, 3, 1, value))), static_cast<int>(value));
      EXPECT_EQ(orientation_of(png_with(tiff(little, 0x0112, 3, 1, value))), static_cast<int>(value));
    }
  }
  EXPECT_EQ(orientation_of(jpeg_with(tiff(true, 0x0112, 4, 1, 6))), 6) << "as a long";
}

TEST(Orientation, IsUprightWhereExifSaysNothingUseful) {
  EXPECT_EQ(orientation_of(read(golden("jpeg_420.jpg"))), 1);
  EXPECT_EQ(orientation_of(read(golden("colour.png"))), 1);
  EXPECT_EQ(orientation_of(""), 1);
  for (const uint32_t value : {0U, 9U, 65535U}) EXPECT_EQ(orientation_of(jpeg_with(tiff(true, 0x0112, 3, 1, value))), 1);
  EXPECT_EQ(orientation_of(jpeg_with(tiff(true, 0x0113, 3, 1, 6))), 1) << "another tag";
  EXPECT_EQ(orientation_of(jpeg_with(tiff(true, 0x0112, 2, 1, 6))), 1) << "a text";
  EXPECT_EQ(orientation_of(jpeg_with(tiff(true, 0x0112, 3, 2, 6))), 1) << "two values";
}

TEST(Orientation, NeverReadsBeyondAFileThatIsCutOffOrAltered) {
  for (const std::string& file : {jpeg_with(tiff(true, 0x0112, 3, 1, 6)), png_with(tiff(false, 0x0112, 3, 1, 6))}) {
    for (size_t size = 0; size < 120; ++size) {
      const int found = orientation_of(file.substr(0, size));
      EXPECT_TRUE(found == 1 || found == 6);
    }
    for (size_t at = 2; at < 120; ++at) {
      std::string altered = file;
      altered[at] = static_cast<char>(altered[at] ^ 0xFF);
      const int found = orientation_of(altered);
      EXPECT_TRUE(found >= 1 && found <= 8);
    }
  }
}

// What Pillow's exif_transpose makes of the image 1 2 3 / 4 5 6.
TEST(Orientation, TurnsAsPillowsExifTranspose) {
  const std::vector<uint8_t> expected[] = {{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1}, {4, 5, 6, 1, 2, 3},
                                           {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3}, {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image image{1, 2, 3, {1, 2, 3, 4, 5, 6}};
    make_upright(image, orientation);
    EXPECT_EQ(image.pixels, expected[orientation - 1]) << orientation;
    EXPECT_EQ(image.width, orientation >= 5 ? 2 : 3) << orientation;
    EXPECT_EQ(image.height, orientation >= 5 ? 3 : 2) << orientation;
  }
  Image colour{3, 1, 2, {1, 2, 3, 4, 5, 6}};
  make_upright(colour, 6);
  EXPECT_EQ(colour, (Image{3, 2, 1, {1, 2, 3, 4, 5, 6}}));
  make_upright(colour, 3);
  EXPECT_EQ(colour, (Image{3, 2, 1, {4, 5, 6, 1, 2, 3}}));
}

}  // namespace
}  // namespace residual
