#include "image/resize.h"

#include "core/tensor/shape.h"
#include "support/files.h"

namespace residual {
namespace {

using namespace support;

constexpr Size2 kSizes[] = {{16, 16}, {11, 37}, {29, 9}, {41, 53}, {1, 1}};

Image golden_image(int64_t channels) {
  return decode_image(bytes_of(read(golden("colour.png"))), "colour.png", channels);
}

class ResizeFilter : public testing::TestWithParam<Filter> {};

TEST_P(ResizeFilter, OnBytesEqualsPillowBitForBit) {
  for (int64_t channels : {1, 3}) {
    const Image source = golden_image(channels);
    for (const Size2 size : kSizes) {
      Image out;
      resize(source, size.height, size.width, GetParam(), out);
      const std::string name =
          fmt::format("resize_{}_{}x{}.{}", name_of(GetParam()), size.width, size.height, channels == 1 ? "grey" : "rgb");
      EXPECT_TRUE(std::string(out.pixels.begin(), out.pixels.end()) == read(golden(name))) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Filters, ResizeFilter,
                         testing::Values(Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST(Resize, OfOnePixelFillsTheImage) {
  const Image one{3, 1, 1, {10, 20, 30}};
  Image out;
  for (Filter filter : {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
    resize(one, 2, 3, filter, out);
    ASSERT_EQ(out.pixels.size(), 18U);
    for (size_t i = 0; i < 18; ++i) EXPECT_EQ(out.pixels[i], 10 * (i % 3 + 1));
  }
}

TEST(Resize, ToNothingOrToTooMuchIsRefused) {
  const Image one{1, 1, 1, {0}};
  Image out;
  expect_error([&] { resize(one, 0, 5, Filter::kBilinear, out); }, ErrorKind::kUsage, {"5 x 0"});
  expect_error([&] { resize(one, 60000, 60000, Filter::kBilinear, out); }, ErrorKind::kUsage, {"60000"});
}

TEST(Resize, FiltersHaveNamesThatReadBack) {
  for (Filter filter : {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
    EXPECT_EQ(filter_named(name_of(filter)), filter);
  }
  expect_error([] { filter_named("sinc"); }, ErrorKind::kUsage, {"sinc", "bilinear"});
}

}  // namespace
}  // namespace residual
