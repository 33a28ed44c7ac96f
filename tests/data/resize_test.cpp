#include "image/resize.h"

#include <cmath>
#include <cstring>

#include "data/transforms/preprocess.h"
#include "files.h"

namespace residual::data {
namespace {

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

std::vector<float> floats_in(const std::string& name) {
  const std::string bytes = read(golden(name));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// "Normalise, then resize", exactly as written.
TEST(Resize, OnNormalisedFloatsEqualsPyTorch) {
  for (const Size2 size : {Size2{16, 16}, Size2{41, 53}, Size2{40, 20}}) {
    for (const bool antialias : {true, false}) {
      const Preprocessing preset({DecodeStep{3}, DivideStep{255}, NormalizeStep{{.4F, .5F, .6F}, {.2F, .25F, .3F}},
                                  ResizeStep{size, Filter::kBilinear, antialias}});
      std::vector<float> out(static_cast<size_t>(preset.output_shape().elements()));
      preset.apply(golden_image(3), out);
      const std::vector<float> expected =
          floats_in(fmt::format("torch_{}{}x{}.f32", antialias ? "" : "sharp_", size.width, size.height));
      ASSERT_EQ(out.size(), expected.size());
      // PyTorch computes the weights in float32, here they are rounded to it at the end; values go up to 3.
      for (size_t i = 0; i < out.size(); ++i)
        ASSERT_NEAR(out[i], expected[i], 5e-6) << size.width << " " << antialias << " at " << i;
    }
  }
}

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

TEST(Resize, OfAnImageTooLongForFloatsIsTheFilesFault) {
  const Preprocessing preset({DecodeStep{1}, DivideStep{255}, ResizeStep{{2, 2}, Filter::kBilinear, true}});
  const Image longest{1, 1, 65535, std::vector<uint8_t>(65535)}, longer{1, 1, 65536, std::vector<uint8_t>(65536)};
  std::vector<float> out(4);
  preset.apply(longest, out);
  expect_error([&] { preset.apply(longer, out); }, ErrorKind::kBadFile, {"from 65536 x 1"});
}

TEST(Resize, FiltersHaveNamesThatReadBack) {
  for (Filter filter : {Filter::kNearest, Filter::kBox, Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
    EXPECT_EQ(filter_named(name_of(filter)), filter);
  }
  expect_error([] { filter_named("sinc"); }, ErrorKind::kUsage, {"sinc", "bilinear"});
}

}  // namespace
}  // namespace residual::data
