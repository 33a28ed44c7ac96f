// All formats and damaged files against Pillow: files made by make_formats.py, committed and made anew.
#include "image/formats/formats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/system/file.h"
#include "image/formats/orientation.h"
#include "support/files.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using namespace support;

bool is_read_with_a_warning(const std::string& name) {
  return name.starts_with("damaged_") || name.starts_with("deep_");
}

// As Pillow decodes it, or refused as Pillow refuses it.
void expect_as_pillow(const fs::path& file) {
  const std::string name = file.filename().string();
  const std::vector<std::byte> bytes = read_file(file);
  const fs::path pixels = file.string() + ".rgb";
  Image image;
  if (!fs::exists(pixels)) {
    expect_error([&] { decode_image(bytes, name, 3, image); }, ErrorKind::kBadFile, {name});
    return;
  }
  const std::string warning = decode_image(bytes, name, 3, image);
  EXPECT_TRUE(std::string(image.pixels.begin(), image.pixels.end()) == read(pixels)) << name;
  // Damage inside of JPEG's compressed data may lead to other pixels that are as valid.
  const bool told = name.starts_with("perhaps_") || !warning.empty() == is_read_with_a_warning(name);
  EXPECT_TRUE(told) << name << ": " << warning;
  EXPECT_TRUE(warning.empty() || warning.find(name) != std::string::npos) << warning;
  Image own;
  decode_image(bytes, name, 0, own);
  const std::optional<ImageShape> shape = shape_in_header(bytes);
  ASSERT_TRUE(shape.has_value()) << name;
  EXPECT_EQ(*shape, (ImageShape{own.channels, image.height, image.width})) << name;
}

int expect_all_as_pillow(const fs::path& folder) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".rgb") continue;
    expect_as_pillow(entry.path());
    ++count;
  }
  return count;
}

TEST(ImageFormats, OfEveryKindAndDamagedOnesAreReadOrRefusedAsPillowDoes) {
  EXPECT_EQ(expect_all_as_pillow(golden("formats")), 101);
}

TEST(TorchImageFormats, OfEveryKindMadeAnewAreReadOrRefusedAsPillowDoes) {
  if (const std::string lacks = python_lacks("PIL, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_script("image/make_formats.py", fmt::format("20260103 '{}'", folder.path().string())));
  EXPECT_EQ(expect_all_as_pillow(folder.path()), 101);
}

TEST(ImageFormats, AreAllInTheGoldenFiles) {
  std::set<std::string_view> found;
  for (const auto& entry : fs::directory_iterator(golden("formats"))) {
    if (const ImageFormat* format = format_of(read_file(entry.path()))) found.insert(format->name);
  }
  EXPECT_EQ(found.size(), image_formats().size());
}

TEST(ImageFormats, CutOffAnywhereAreRefusedByNameOrGiveTheWholeImage) {
  for (const char* name : {"palette.gif", "lossy.webp", "colour.bmp", "rle8.bmp", "colour_tiff_lzw.tif", "jpeg.tif"}) {
    const std::string file = read(golden(std::string("formats/") + name));
    Image whole, image;
    decode_image(bytes_of(file), name, 3, whole);
    int refused = 0;
    for (size_t size = 0; size < file.size(); size += size < 200 ? 1 : 7) {
      try {
        decode_image(bytes_of(file.substr(0, size)), "the file", 3, image);
        EXPECT_EQ(image, whole) << name << size;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
        EXPECT_NE(std::string(error.what()).find("the file"), std::string::npos) << error.what();
        ++refused;
      }
    }
    EXPECT_GT(refused, 100) << name;
  }
}

TEST(ImageFormats, ThatAreTooLargeAreRefusedBeforeMemoryIsTaken) {
  using namespace std::string_literals;
  const std::string gif =
      "GIF89a\xFF\xFF\xFF\xFF\x80\0\0"s + std::string(6, '\1') + ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x4C\x01\0;"s;
  const std::string bmp =
      "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\1\0\x18\0"s + std::string(24, '\0');
  const std::string webp = "RIFF\x16\0\0\0WEBPVP8X\x0A\0\0\0\2\0\0\0\xFF\x3F\0\xFF\x3F\0"s;
  for (const std::string& file : {gif, bmp, webp})
    expect_error([&] { decode_image(bytes_of(file), "huge", 3); }, ErrorKind::kBadFile, {"huge", "89478485"});
}

TEST(ImageFormats, HaveTheirOrientationInTheExifDataOrTurnedAlready) {
  EXPECT_EQ(exif_orientation(read_file(golden("formats/turned.webp"))), 6);
  EXPECT_EQ(exif_orientation(read_file(golden("formats/turned_6.tif"))), 1) << "the decoder has turned it, as Pillow does";
  Image image;
  decode_image(read_file(golden("formats/turned_6.tif")), "", 3, image);
  EXPECT_EQ(image.width, 19);
}

TEST(ImageFormats, AreRecognisedByContentAndListedByTheirNames) {
  EXPECT_EQ(image_format_names(), "BMP, GIF, JPEG, PNG, TIFF or WebP");
  for (const char* name : {"a.jpg", "a.JPEG", "a.jfif", "b.webp", "a.b.Tiff", "x.gif", "x.bmp", "x.png"})
    EXPECT_TRUE(has_image_ending(name)) << name;
  for (const char* name : {"a.txt", "jpg", "a.jpg.txt", "Thumbs.db", ""}) EXPECT_FALSE(has_image_ending(name)) << name;
  EXPECT_FALSE(looks_like_image(bytes_of("BMW and other cars are in this text")));
  EXPECT_GE(recognition_bytes(), 18U);
}

TEST(OtherFormats, AreNamedInTheRefusal) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> files[] = {{"\0\0\0\x18"
                                                        "ftypheic\0\0"s,
                                                        "HEIC"},
                                                       {"\0\0\0\x18"
                                                        "ftypavif\0\0"s,
                                                        "AVIF"},
                                                       {"\0\0\0\x0CJXL \r\n\x87\n"s, "JPEG XL"},
                                                       {"\xFF\x0A\x11\x22"s, "JPEG XL"},
                                                       {"\0\0\0\x0CjP  \r\n\x87\n"s, "JPEG 2000"},
                                                       {"8BPS\0\1"s, "Photoshop"},
                                                       {"\0\0\1\0\1\0"s, "ICO"},
                                                       {"<svg xmlns="s, "SVG"},
                                                       {"%PDF-1.7"s, "PDF"},
                                                       {"version https://git-lfs.github.com/spec/v1"s, "git lfs pull"},
                                                       {"<!DOCTYPE html>"s, "web page"},
                                                       {"P6\n4 4\n"s, "PPM"},
                                                       {"\0\0\2\0\0\0\0\0\0\0\0\0\x10\0\x10\0"s, "TGA"},
                                                       {"\0\0\2\0\1\0\x20\x20"s, "CUR"},
                                                       {"\x0A\5\1\x08\0\0"s, "PCX"},
                                                       {"\x01\xDA\0\1\0\3"s, "SGI"},
                                                       {"SIMPLE  =                    T"s, "FITS"},
                                                       {std::string(128, '\0') + "DICM\2\0"s, "DICOM"},
                                                       {"PK\3\4"s, "zip archive"}};
  for (const auto& [file, name] : files)
    expect_error([&] { decode_image(bytes_of(file), "photo.jpg", 3); }, ErrorKind::kBadFile, {"photo.jpg", name});
}

TEST(OtherFormats, ThatAreImagesAreToldFromThoseThatAreNot) {
  EXPECT_TRUE(
      looks_like_other_image(bytes_of(std::string_view("\0\0\0\x18"
                                                       "ftypheic",
                                                       12))));
  EXPECT_FALSE(looks_like_other_image(bytes_of("<?xml version")));
  EXPECT_FALSE(looks_like_other_image(read_file(golden("formats/grey.gif"))));
}

TEST(ImageFormats, OfTheIphoneAreRefusedByName) {
  const std::string png = "\x89PNG\r\n\x1a\n" + big_endian({4}) + "CgBI" + std::string(20, '\0');
  expect_error([&] { decode_image(bytes_of(png), "icon.png", 3); }, ErrorKind::kBadFile, {"icon.png", "iPhone"});
}

}  // namespace
}  // namespace residual
