#include "image/orientation.h"

#include <zlib.h>

#include "data/dataset.h"
#include "data/transforms/preprocess.h"
#include "files.h"

namespace residual::data {
namespace {

// A TIFF header and a directory of one entry.
std::string tiff(bool little, uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
  const auto number = [&](uint32_t it, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(it >> 8 * (little ? i : bytes - 1 - i) & 255);
    return text;
  };
  const std::string shown = type == 3 ? number(value, 2) + number(0, 2) : number(value, 4);
  return (little ? std::string("II*\0", 4) : std::string("MM\0*", 4)) + number(8, 4) + number(1, 2) + number(tag, 2) +
         number(type, 2) + number(count, 4) + shown + number(0, 4);
}

std::string jpeg_with(const std::string& exif) {
  const std::string file = read(golden("jpeg_420.jpg"));
  const std::string segment = std::string("Exif\0\0", 6) + exif;
  const auto length = segment.size() + 2;
  return file.substr(0, 2) + "\xff\xe1" + static_cast<char>(length >> 8) + static_cast<char>(length & 255) + segment +
         file.substr(2);
}

std::string png_with(const std::string& exif) {
  const std::string file = read(golden("colour.png")), body = "eXIf" + exif;
  const auto crc = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
  // Behind the header chunk, which ends at byte 33.
  return file.substr(0, 33) + big_endian({static_cast<uint32_t>(exif.size())}) + body + big_endian({crc}) + file.substr(33);
}

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

TEST(Orientation, IsFollowedByFoldersOnlyWhenAskedFor) {
  const TemporaryFolder folder;
  write(folder / "cat/1.jpg", jpeg_with(tiff(true, 0x0112, 3, 1, 6)));
  OpenOptions options;
  options.path = folder.path().string();
  EXPECT_EQ(open_data(options).train->image(0).width, 37);
  options.exif_orientation = true;
  EXPECT_EQ(open_data(options).train->image(0).width, 29);
}

TEST(Orientation, IsAPartOfTheDecodeStepThatReadsBack) {
  const Preprocessing plain = Preprocessing::standard(Shape{1, 2, 2}, std::vector<float>{0}, std::vector<float>{1});
  const Preprocessing upright = plain.with_exif_orientation(true);
  EXPECT_FALSE(plain.exif_orientation());
  EXPECT_TRUE(Preprocessing::from_json(upright.to_json()).exif_orientation());
  EXPECT_NE(upright, plain);
  EXPECT_EQ(upright.with_exif_orientation(false), plain);
  EXPECT_EQ(plain.to_json().find("exif"), std::string::npos);
}

}  // namespace
}  // namespace residual::data
