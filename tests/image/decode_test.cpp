#include "image/image.h"

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/system/file.h"
#include "support/files.h"
#include "support/surroundings.h"
// jpeglib.h needs <cstdio> before it.
#include <jpeglib.h>

namespace residual {
namespace {

using namespace support;

std::string png_header(uint32_t width, uint32_t height, int colour = 2) {
  std::string body = "IHDR" + big_endian({width, height}) + std::string({8, static_cast<char>(colour), 0, 0, 0});
  const auto* start = reinterpret_cast<const Bytef*>(body.data());
  const auto crc = static_cast<uint32_t>(crc32(0, start, static_cast<uInt>(body.size())));
  return "\x89PNG\r\n\x1a\n" + big_endian({13}) + body + big_endian({crc});
}

// The start of a baseline JPEG of this size, without tables or data.
std::string jpeg_header(int width, int height) {
  const auto word = [](int value) { return std::string({static_cast<char>(value >> 8), static_cast<char>(value)}); };
  return std::string("\xff\xd8\xff\xc0\x00\x11\x08", 7) + word(height) + word(width) +
         std::string("\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00", 24);
}

Image decode(const std::string& file, int64_t channels) {
  return decode_image(bytes_of(file), "the file", channels);
}

std::string text_of(const Image& image) {
  return {image.pixels.begin(), image.pixels.end()};
}

std::vector<std::string> golden_images() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden(""))) {
    if (entry.path().extension() == ".jpg" || entry.path().extension() == ".png")
      names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenImage : public testing::TestWithParam<std::string> {};

TEST_P(GoldenImage, DecodesToPillowsColoursAndGreys) {
  const std::string file = read(golden(GetParam())), stem = fs::path(GetParam()).stem().string();
  const Image colour = decode(file, 3), grey = decode(file, 1);
  EXPECT_EQ(colour.channels, 3);
  EXPECT_EQ(grey.channels, 1);
  EXPECT_TRUE(text_of(colour) == read(golden(stem + ".rgb")));
  EXPECT_TRUE(text_of(grey) == read(golden(stem + ".grey")));
}

// A PNG file is read, with a warning, as long as it has all pixels; a JPEG file without its end marker is cut off.
TEST_P(GoldenImage, CutOffAnywhereIsRefusedByNameUnlessAllPixelsAreThere) {
  const std::string file = read(golden(GetParam()));
  const Image whole = decode(file, 3);
  for (size_t size = 0; size < file.size(); size += size < 700 ? 1 : 13) {
    Image image;
    std::string warning;
    try {
      warning = decode_image(bytes_of(file.substr(0, size)), "the file", 3, image);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
      EXPECT_NE(std::string(error.what()).find("the file"), std::string::npos) << error.what();
      continue;
    }
    EXPECT_TRUE(GetParam().ends_with(".png")) << size;
    EXPECT_EQ(image, whole) << size;
    EXPECT_NE(warning.find("the file"), std::string::npos) << size << warning;
  }
}

TEST_P(GoldenImage, NeverCrashesWithOneByteAltered) {
  const std::string file = read(golden(GetParam()));
  int refused = 0;
  for (size_t at = 0; at < file.size(); at += file.size() / 300 + 1) {
    std::string altered = file;
    altered[at] = static_cast<char>(altered[at] ^ 0xA5);
    try {
      const Image image = decode_image(bytes_of(altered), "altered", 3, 1 << 20);
      check_image(image);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

INSTANTIATE_TEST_SUITE_P(Images, GoldenImage, testing::ValuesIn(golden_images()), [](const auto& each) {
  std::string name = each.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Image, GoldenSetHasEveryKind) {
  EXPECT_GE(golden_images().size(), 26U);
}

TEST(Image, KeepsTheFilesOwnChannelsForZero) {
  EXPECT_EQ(decode(read(golden("jpeg_grey.jpg")), 0).channels, 1);
  EXPECT_EQ(decode(read(golden("jpeg_cmyk.jpg")), 0).channels, 3);
  EXPECT_EQ(decode(read(golden("grey_alpha.png")), 0).channels, 1);
  EXPECT_EQ(decode(read(golden("palette_2.png")), 0).channels, 3);
}

TEST(Image, OfOnePixelIsRead) {
  const Image image = decode(read(golden("one_pixel.png")), 3);
  EXPECT_EQ(image.height, 1);
  EXPECT_EQ(image.width, 1);
}

TEST(Image, OfSixtyThousandBySixtyThousandIsRefusedWithTheLimit) {
  for (const std::string& file : {png_header(60000, 60000), jpeg_header(60000, 60000)}) {
    expect_error([&] { decode_image(bytes_of(file), "huge.jpg", 3); }, ErrorKind::kBadFile,
                 {"huge.jpg", "60000 x 60000", "89478485"});
  }
}

TEST(Image, LargerThanItsFileCanHoldIsRefusedBeforeMemoryIsTaken) {
  for (const std::string& file : {png_header(9000, 9000), jpeg_header(9000, 9000)}) {
    expect_error([&] { decode(file, 3); }, ErrorKind::kBadFile, {"9000 x 9000", "cut off"});
  }
}

TEST(Image, WithoutHeightOrWidthIsRefused) {
  expect_error([&] { decode(png_header(0, 5), 3); }, ErrorKind::kBadFile, {"the file"});
  expect_error([&] { decode(jpeg_header(5, 0), 3); }, ErrorKind::kBadFile, {"the file"});
}

TEST(Image, InAnotherFormatIsRefusedWithItsFirstBytes) {
  expect_error([&] { decode("abc, really", 3); }, ErrorKind::kBadFile, {"the file", "61 62 63"});
  expect_error([&] { decode("", 3); }, ErrorKind::kBadFile, {"the file", "empty"});
}

TEST(Image, InATextFileCalledJpegIsRefusedByName) {
  expect_error([&] { decode_image(bytes_of("hello"), "cat.jpg", 3); }, ErrorKind::kBadFile, {"cat.jpg"});
}

TEST(Image, WithAnIndexBeyondItsPaletteIsRefused) {
  std::string file = read(golden("palette_2.png"));
  // Shorten the palette from 4 colours to 1 and mend the chunk's length and checksum.
  const size_t at = file.find("PLTE") - 4;
  std::string chunk = "PLTE" + file.substr(at + 8, 3);
  const auto crc = static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), 7));
  file.replace(at, 4 + 4 + 12 + 4, big_endian({3}) + chunk + big_endian({crc}));
  expect_error([&] { decode(file, 3); }, ErrorKind::kBadFile, {"palette"});
}

// A sequential JPEG with a scan for each colour.
std::string jpeg_of_three_scans() {
  jpeg_error_mgr errors;
  jpeg_compress_struct info{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;  // libjpeg's own type
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = info.image_height = 16;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_scan_info scans[3]{};
  for (int c = 0; c < 3; ++c) scans[c] = {1, {c}, 0, 63, 0, 0};
  info.scan_info = scans;
  info.num_scans = 3;
  jpeg_start_compress(&info, TRUE);
  std::vector<uint8_t> row(48, 99);
  JSAMPROW rows[] = {row.data()};
  while (info.next_scanline < info.image_height) jpeg_write_scanlines(&info, rows, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string file(reinterpret_cast<char*>(memory), size);
  std::free(memory);
  return file;
}

TEST(Image, WithEndlessScansIsRefused) {
  const std::string file = jpeg_of_three_scans();
  EXPECT_EQ(decode(file, 3).width, 16);
  const size_t first = file.find("\xff\xda"), second = file.find("\xff\xda", first + 2);
  std::string many = file.substr(0, second);
  for (int i = 0; i < 300; ++i) many += file.substr(first, second - first);
  many += file.substr(second);
  expect_error([&] { decode(many, 3); }, ErrorKind::kBadFile, {"the file", "more than 100 scans"});
}

TEST(Image, ChangesItsChannelsInPlace) {
  Image image{3, 1, 2, {255, 0, 0, 10, 20, 30}};
  convert_channels(image, 1);
  EXPECT_EQ(image, (Image{1, 1, 2, {76, 18}}));
  convert_channels(image, 3);
  EXPECT_EQ(image, (Image{3, 1, 2, {76, 76, 76, 18, 18, 18}}));
  expect_error([&] { convert_channels(image, 2); }, ErrorKind::kUsage, {"2 channels"});
}

TEST(Image, WhosePixelsDoNotMatchItsSizeIsRefused) {
  expect_error([] { check_image({3, 2, 2, std::vector<uint8_t>(11)}); }, ErrorKind::kUsage, {"11 bytes"});
  expect_error([] { check_image({2, 1, 1, std::vector<uint8_t>(2)}); }, ErrorKind::kUsage, {"2 channels"});
}

TEST(Image, RealPhotographsAreDecoded) {
  const fs::path folder = shared_data("photos");
  if (folder.empty()) GTEST_SKIP() << "no photographs beside the repository";
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (++count % 5 != 0) continue;  // a fifth of them, for speed
    const Image image = decode_image(read_file(entry.path()), entry.path().string(), 3);
    EXPECT_GT(image.height * image.width, 1000);
  }
  EXPECT_EQ(count, 100);
}

}  // namespace
}  // namespace residual
