// The emulation finds what is wrong with a kernel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "cuda_kernels/device_memory.h"
#include "cuda_kernels/emulation/cuda.h"
#include "cuda_kernels/orders.h"

namespace residual::cuda::kernels::tests {
namespace {

__global__ void reverse_in_block(const float* x, float* y, bool waits) {
  __shared__ float values[64];
  values[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x];
  if (waits) __syncthreads();
  y[blockIdx.x * blockDim.x + threadIdx.x] = values[blockDim.x - 1 - threadIdx.x];
}

std::vector<Tensor> reversed(bool waits) {
  std::vector<float> numbers(128);
  std::iota(numbers.begin(), numbers.end(), 1.0F);
  const DeviceMemory x = copied(numbers), y(x.size());
  launch(nullptr, dim3(2), dim3(64), reverse_in_block, x.as<float>(), y.as<float>(), waits);
  std::vector<Tensor> result;
  result.push_back(to_host(y, {DType::kF32, Shape{128}}, false));
  return result;
}

TEST(Emulation, KernelsWhoseThreadsWaitForEachOtherGiveTheSameBitsInEveryOrder) {
  const std::vector<Tensor> result = in_every_order([] { return reversed(true); });
  ASSERT_FALSE(result.empty());
  EXPECT_EQ(result[0].as<float>()[0], 64);
  EXPECT_EQ(result[0].as<float>()[127], 65);
}

TEST(Emulation, AMissingBarrierShowsInSomeOrder) {
  EXPECT_TRUE(in_every_order([] { return reversed(false); }).empty());
}

TEST(Emulation, AnOmittedBarrierShowsInSomeOrder) {
  const std::vector<Tensor> right = in_every_order([] { return reversed(true); });
  EXPECT_EQ(emulation::passed_barriers(), 1);
  int wrong = 0;
  for (const emulation::Order order : kOrders) wrong += !same_bits(in_order(order, [] { return reversed(true); }, 0), right);
  EXPECT_GT(wrong, 0);
}

__global__ void half_of_the_block_waits() {
  if (threadIdx.x < 32) __syncthreads();
}

__global__ void half_of_the_warp_exchanges(float* y) {
  if (threadIdx.x < 16) *y = __shfl_xor_sync(~0u, 1.0F, 1);
}

__global__ void exchange_lanes(unsigned* y) {
  y[threadIdx.x] = __shfl_xor_sync(~0u, threadIdx.x, 5) + 100 * __shfl_xor_sync(~0u, threadIdx.x, 16);
}

TEST(Emulation, BarriersThatNotAllThreadsReachAreErrors) {
  float y = 0;
  EXPECT_THROW(launch(nullptr, dim3(1), dim3(64), half_of_the_block_waits), std::logic_error);
  EXPECT_THROW(launch(nullptr, dim3(1), dim3(32), half_of_the_warp_exchanges, &y), std::logic_error);
  EXPECT_FALSE(in_every_order([] { return reversed(true); }).empty()) << "and the next launch works";
}

TEST(Emulation, GridsAndBlocksThatCudaRefusesAreErrors) {
  EXPECT_THROW(launch(nullptr, dim3(1), dim3(1025), half_of_the_block_waits), std::logic_error);
  EXPECT_THROW(launch(nullptr, dim3(1, 65536), dim3(32), half_of_the_block_waits), std::logic_error);
}

TEST(Emulation, LanesOfAWarpExchangeValues) {
  for (const emulation::Order order : kOrders) {
    std::vector<unsigned> y(64);
    emulation::set_schedule({order});
    launch(nullptr, dim3(1), dim3(64), exchange_lanes, y.data());
    for (unsigned lane = 0; lane < 64; ++lane) EXPECT_EQ(y[lane], (lane ^ 5) + 100 * (lane ^ 16));
  }
  emulation::set_schedule({});
}

}  // namespace
}  // namespace residual::cuda::kernels::tests
