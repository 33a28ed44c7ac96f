// The memory and the streams of a GPU, on a runtime without GPUs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "backend/cuda/device/device.h"
#include "backend/cuda/device/stream.h"
#include "core/error.h"
#include "cuda/fake_runtime.h"
#include "runtime/step_runner.h"

namespace residual {
namespace {

using testing::HasSubstr;

class CudaDevice : public testing::Test {
 protected:
  void SetUp() override { fake::reset(); }
  void TearDown() override {
    EXPECT_EQ(fake::machine().allocations, 0);
    EXPECT_EQ(fake::machine().streams, 0);
  }

  const cuda::CudaDevice device{cuda::discover(fake::api()).devices.at(0), fake::api()};
};

// What an error says whose exit code is 5.
template <typename Body>
std::string refusal(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(exit_code(error.kind()), 5);
    return error.what();
  }
  return "no error";
}

TEST_F(CudaDevice, ItsMemoryIsZeroedAndReleased) {
  const DeviceMemory memory = device.allocate(1000), staging = device.allocate_staging(1000);
  for (size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(memory.data()[i], std::byte{0});
    ASSERT_EQ(staging.data()[i], std::byte{0});
  }
  EXPECT_EQ(device.allocate(0).size(), 0u);
}

TEST_F(CudaDevice, MemoryThatIsNotThereIsRefusedWithWhatIsFree) {
  fake::machine().free_bytes = size_t{256} << 20;
  EXPECT_EQ(
      refusal([&] { device.allocate(size_t{512} << 20); }),
      "cuda:0 has 0.25 of 1.00 GiB free, 0.50 GiB are needed: use a smaller batch or smaller images, or end the programs that "
      "hold its memory");
  EXPECT_EQ(device.free_memory(), size_t{256} << 20);
}

TEST_F(CudaDevice, StagingMemoryThatTheSystemDoesNotPinIsRefused) {
  fake::machine().fails["allocate_host"] = cudaErrorMemoryAllocation;
  EXPECT_THAT(refusal([&] { device.allocate_staging(3 << 20); }), HasSubstr("pins no 3.0 MiB"));
}

TEST_F(CudaDevice, AGpuThatAnotherProgramUsesAloneIsRefused) {
  fake::machine().fails["create_stream"] = cudaErrorDevicesUnavailable;
  EXPECT_THAT(refusal([&] { device.make_stream(); }), HasSubstr("cuda:0 fails with status 46"));
}

TEST_F(CudaDevice, CopiesGoThereAndBack) {
  const DeviceMemory memory = device.allocate(64);
  const auto stream = device.make_stream();
  std::vector<std::byte> there(64, std::byte{7}), back(64);
  EXPECT_TRUE(stream->copy(memory.data(), there.data(), 64, CopyDirection::kToDevice).ok());
  EXPECT_TRUE(stream->copy(back.data(), memory.data(), 64, CopyDirection::kToHost).ok());
  EXPECT_TRUE(stream->synchronize().ok());
  EXPECT_EQ(back, there);
}

// A kernel that counts its runs on the device.
std::unique_ptr<const Kernel> counting(int& runs) {
  return make_kernel([&runs](const KernelArgs& args) {
    fake::enqueue(cuda::stream_of(args).handle(), [&runs] { ++runs; });
    return KernelStatus{};
  });
}

TEST_F(CudaDevice, RecordedWorkRunsWhenItIsLaunched) {
  const auto stream = device.make_stream();
  int runs = 0;
  const auto kernel = counting(runs);
  ASSERT_TRUE(stream->begin_capture());
  EXPECT_TRUE(stream->run(*kernel, {}).ok());
  const auto recorded = stream->end_capture();
  ASSERT_NE(recorded, nullptr);
  EXPECT_EQ(runs, 0);
  for (int launch = 1; launch <= 3; ++launch) {
    EXPECT_TRUE(stream->launch(*recorded).ok());
    EXPECT_EQ(runs, launch);
  }
}

TEST_F(CudaDevice, WorkThatCannotBeRecordedGivesNoRecording) {
  const auto stream = device.make_stream();
  fake::machine().records = false;
  ASSERT_TRUE(stream->begin_capture());
  EXPECT_EQ(stream->end_capture(), nullptr);
  fake::machine().fails["begin_capture"] = cudaErrorStreamCaptureUnsupported;
  EXPECT_FALSE(stream->begin_capture());
}

TEST_F(CudaDevice, AnErrorInTheMiddleOfARunIsAFailedDevice) {
  const auto stream = device.make_stream();
  fake::machine().fails["synchronize"] = cudaErrorIllegalAddress;
  EXPECT_EQ(
      refusal([&] { StepRunner::check({nullptr, stream->synchronize()}); }),
      "a run failed in CUDA, status 700, an illegal memory access was encountered: this process can no longer use the device; "
      "start again, training from its last checkpoint");
  fake::machine().fails["synchronize"] = cudaErrorMemoryAllocation;
  EXPECT_THAT(refusal([&] { StepRunner::check({nullptr, stream->synchronize()}); }), HasSubstr("lack of memory"));
}

}  // namespace
}  // namespace residual
