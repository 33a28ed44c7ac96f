// Channels-last with channels of zeros behind, and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cuda/kernels/elementwise/elementwise.h"
#include "backend/cuda/kernels/shape/layout.h"
#include "cuda_kernels/device_memory.h"
#include "cuda_kernels/orders.h"

namespace residual::cuda::kernels::tests {
namespace {

template <class Word>
void check(const LayoutChange& change) {
  std::vector<Word> plain(static_cast<size_t>(change.batch * change.channels * change.area));
  for (size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<Word>(i * 7 + 1);
  const DeviceMemory x = copied(plain);
  for (const emulation::Order order : kOrders) {
    emulation::set_schedule({order});
    const DeviceMemory last(static_cast<size_t>(change.batch * change.area * change.padded_channels) * sizeof(Word)),
        back(x.size());
    launch_to_channels_last(nullptr, sizeof(Word), x.data(), last.data(), change);
    launch_to_plain(nullptr, sizeof(Word), last.data(), back.data(), change);
    emulation::set_schedule({});
    size_t at = 0;
    for (int64_t n = 0; n < change.batch; ++n) {
      for (int64_t i = 0; i < change.area; ++i) {
        for (int64_t c = 0; c < change.padded_channels; ++c, ++at) {
          const size_t from = static_cast<size_t>((n * change.channels + c) * change.area + i);
          ASSERT_EQ(last.as<Word>()[at], c < change.channels ? plain[from] : Word{0}) << "n " << n << ", i " << i << ", c " << c;
        }
      }
    }
    ASSERT_EQ(std::memcmp(back.data(), x.data(), x.size()), 0);
  }
}

TEST(Layout, ChangesWithElementsOfEverySize) {
  check<uint8_t>({2, 3, 49, 4});
  check<uint16_t>({2, 3, 49, 8});
  check<uint32_t>({3, 40, 33, 40});
  check<uint64_t>({1, 65, 1, 72});
  check<uint16_t>({5, 64, 32, 64});
}

TEST(Layout, Float64ScalarsAreAddedAndMultiplied) {
  const DeviceMemory a = copied<double>({0.1, 3}), b = copied<double>({0.2, 5}), y(2 * sizeof(double));
  launch_add(nullptr, DType::kF64, a.data(), b.data(), y.data(), 2);
  EXPECT_EQ(y.as<double>()[0], 0.1 + 0.2);
  launch_multiply(nullptr, DType::kF64, a.data(), b.data(), y.data(), 2);
  EXPECT_EQ(y.as<double>()[1], 15);
}

}  // namespace
}  // namespace residual::cuda::kernels::tests
