// Bytes become the network's input as the list of transforms makes it on the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/kernels/images/from_bytes.h"
#include "core/tensor/float16.h"
#include "cuda_kernels/device_memory.h"
#include "cuda_kernels/orders.h"
#include "data/transforms/transform_list.h"

namespace residual::cuda::kernels::tests {
namespace {

constexpr int64_t kSamples = 7, kHeight = 13, kWidth = 9;

/// Of the sample's own random numbers: the draws of an epoch.
Rng rng_of(int64_t sample) {
  return {5, Purpose::kAugment, 3, static_cast<uint64_t>(sample)};
}

struct Images {
  explicit Images(int64_t channels)
      : transforms({data::Decode{.channels = channels}, data::RequireSize{{kHeight, kWidth}}, data::Divide{255},
                    data::Normalize{std::vector<float>(static_cast<size_t>(channels), 0.45F),
                                    std::vector<float>(static_cast<size_t>(channels), 0.225F)},
                    crop, data::RandomFlip{}}) {
    Rng random(6, Purpose::kTest);
    data::TransformList::Scratch scratch;
    for (int64_t sample = 0; sample < kSamples; ++sample) {
      Image image{.channels = channels, .height = kHeight, .width = kWidth};
      image.pixels.resize(static_cast<size_t>(channels * kHeight * kWidth));
      for (uint8_t& byte : image.pixels) byte = static_cast<uint8_t>(random.below(256));
      bytes.insert(bytes.end(), image.pixels.begin(), image.pixels.end());
      std::vector<float> floats(image.pixels.size());
      Rng draws = rng_of(sample), same_draws = rng_of(sample);
      transforms.apply(image, floats, scratch, draws);
      expected.push_back(floats);
      const data::Window window = crop.draw({kHeight, kWidth}, same_draws);
      const bool mirrored = data::RandomFlip::draw(same_draws);
      placements.push_back({static_cast<int32_t>(window.top), static_cast<int32_t>(window.left), mirrored});
    }
    for (size_t byte = 0; byte < 256 * static_cast<size_t>(channels); ++byte)
      table.push_back((static_cast<float>(byte % 256) / 255 - 0.45F) / 0.225F);
  }

  data::RandomCrop crop{.padding = 3};
  data::TransformList transforms;
  std::vector<uint8_t> bytes;
  std::vector<std::vector<float>> expected;  ///< C,H,W each
  std::vector<Placement> placements;
  std::vector<float> table;
};

template <class T>
void check(int64_t channels, int64_t padded) {
  const Images images(channels);
  const DeviceMemory bytes = copied(images.bytes), table = copied(images.table), placements = copied(images.placements);
  const DType type = DTypeOf<T>::value;
  const Shape shape{kSamples, kHeight, kWidth, padded};
  const std::vector<Tensor> found = in_every_order([&] {
    const DeviceMemory result(static_cast<size_t>(shape.elements()) * sizeof(T));
    launch_images_from_bytes(nullptr, type,
                             {bytes.as<uint8_t>(), table.as<float>(), placements.as<Placement>(), result.data(), kSamples,
                              channels, kHeight, kWidth, kHeight, kWidth, padded});
    std::vector<Tensor> tensors;
    tensors.push_back(to_host(result, {type, shape}, false));
    return tensors;
  });
  ASSERT_FALSE(found.empty());
  size_t at = 0;
  for (size_t sample = 0; sample < static_cast<size_t>(kSamples); ++sample) {
    for (int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel) {
      for (int64_t c = 0; c < padded; ++c, ++at) {
        const float expected = c < channels ? images.expected[sample][static_cast<size_t>(c * kHeight * kWidth + pixel)] : 0;
        ASSERT_EQ(support::element(found[0], at), double{static_cast<float>(static_cast<T>(expected))})
            << "sample " << sample << ", pixel " << pixel << ", channel " << c;
      }
    }
  }
}

TEST(Images, InFloat32HaveTheBitsOfTheTransformsOnTheHost) {
  check<float>(3, 3);
  check<float>(1, 1);
}

TEST(Images, InNarrowTypesAreTheseRoundedOnceWithChannelsOfZeros) {
  check<BFloat16>(3, 8);
  check<Float16>(1, 4);
}

}  // namespace
}  // namespace residual::cuda::kernels::tests
