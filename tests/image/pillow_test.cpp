// Decoding and resizing against Pillow on many random images: 2,000 resizes from a committed list, and the same live.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <sstream>

#include "core/system/file.h"
#include "image/resize.h"
#include "support/files.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using namespace support;

// As pillow_side.py draws it.
Image drawn(uint64_t kind, uint64_t channels, uint64_t width, uint64_t height) {
  Image image{static_cast<int64_t>(channels), static_cast<int64_t>(height), static_cast<int64_t>(width), {}};
  image.pixels.reserve(width * height * channels);
  const auto value = [&](uint64_t y, uint64_t x, uint64_t c) {
    switch (kind % 4) {
      case 0: return ((y * width + x) * channels + c + kind * 7919) * 2654435761U % (uint64_t{1} << 32) >> 13;
      case 1: return x * (1 + kind % 5) + y * (2 + kind % 3) + c * 40;
      case 2: return (x / 3 + y / 2 + c) % 2 * 255;
      default: return (x * 255 / width + y * 255 / height) / 2;
    }
  };
  for (uint64_t y = 0; y < height; ++y) {
    for (uint64_t x = 0; x < width; ++x) {
      for (uint64_t c = 0; c < channels; ++c) image.pixels.push_back(static_cast<uint8_t>(value(y, x, c) & 255));
    }
  }
  return image;
}

uint32_t checksum(const std::vector<uint8_t>& bytes) {
  return static_cast<uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

void expect_resizes(const std::string& list) {
  std::istringstream lines(list);
  std::string filter, sum;
  uint64_t channels = 0, kind = 0, width = 0, height = 0;
  int64_t new_width = 0, new_height = 0, count = 0, wrong = 0;
  Image out;
  while (lines >> filter >> channels >> kind >> width >> height >> new_width >> new_height >> sum) {
    resize(drawn(kind, channels, width, height), new_height, new_width, filter_named(filter), out);
    ++count;
    const bool equal = fmt::format("{:08x}", checksum(out.pixels)) == sum;
    wrong += !equal;
    if (!equal && wrong < 5) {
      ADD_FAILURE() << fmt::format("{} of image {}, {} x {} x {}, to {} x {}", filter, kind, width, height, channels, new_width,
                                   new_height);
    }
  }
  EXPECT_EQ(count, 2000);
  EXPECT_EQ(wrong, 0);
}

TEST(Resize, OfTwoThousandRandomImagesEqualsPillowBitForBit) {
  expect_resizes(read(golden("resizes.txt")));
}

// Pillow's side of the live comparisons; they are skipped where there is no Python with Pillow.
class TorchPillow : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string lacks = support::python_lacks("PIL, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  }
  static void pillow(const std::string& arguments) {
    ASSERT_TRUE(support::run_script("image/pillow_side.py", arguments)) << arguments;
  }

  TemporaryFolder folder_;
};

TEST_F(TorchPillow, ResizesTwoThousandOtherImagesToTheSameBytes) {
  pillow(fmt::format("resize {} '{}'", 20260101, (folder_ / "list").string()));
  expect_resizes(read(folder_ / "list"));
}

TEST_F(TorchPillow, DecodesImagesOfAllModesToTheSameColours) {
  pillow(fmt::format("decode {} '{}'", 20260102, folder_.path().string()));
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    if (entry.path().extension() == ".rgb") continue;
    const Image image = decode_image(read_file(entry.path()), entry.path().string(), 3);
    EXPECT_TRUE(std::string(image.pixels.begin(), image.pixels.end()) == read(entry.path().string() + ".rgb")) << entry.path();
    ++count;
  }
  EXPECT_EQ(count, 200);
}

// From the file on: decoded, and resized as torchvision's Resize(256).
TEST_F(TorchPillow, DecodesAndResizesAHundredPhotographsAlike) {
  const fs::path photos = shared_data("photos");
  if (photos.empty()) GTEST_SKIP() << "no photographs beside the repository";
  pillow(fmt::format("photos '{}' '{}'", photos.string(), (folder_ / "list").string()));
  std::istringstream lines(read(folder_ / "list"));
  std::string decoded, resized, name;
  int count = 0;
  while (lines >> decoded >> resized && std::getline(lines >> std::ws, name)) {
    const Image image = decode_image(read_file(photos / name), name, 3);
    EXPECT_EQ(fmt::format("{:08x}", checksum(image.pixels)), decoded) << name;
    const int64_t shorter = std::min(image.height, image.width), longer = std::max(image.height, image.width);
    const int64_t other = 256 * longer / shorter;
    Image out;
    resize(image, image.width <= image.height ? other : 256, image.width <= image.height ? 256 : other, Filter::kBilinear, out);
    EXPECT_EQ(fmt::format("{:08x}", checksum(out.pixels)), resized) << name;
    ++count;
  }
  EXPECT_EQ(count, 100);
}

}  // namespace
}  // namespace residual
