// What is said where no GPU can be used: one sentence with what was found and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "backend/cuda/device/discovery.h"
#include "core/error.h"
#include "cuda/fake_runtime.h"

namespace residual {
namespace {

using testing::HasSubstr;

class Discovery : public testing::Test {
 protected:
  void SetUp() override {
    fake::reset();
    ::unsetenv("CUDA_VISIBLE_DEVICES");
  }

  // Why the GPU of this number is refused; fails where it is not, or for another kind of error.
  static std::string refusal(int number = 0) {
    try {
      cuda::usable_device(cuda::discover(fake::api()), number);
    } catch (const Error& error) {
      EXPECT_EQ(exit_code(error.kind()), 5);
      return error.what();
    }
    ADD_FAILURE() << "cuda:" << number << " is not refused";
    return {};
  }
};

TEST_F(Discovery, AGpuOfAmpereOrNewerIsUsable) {
  fake::machine().gpus = {fake::gpu("A", 8, 0), fake::gpu("B", 9, 0), fake::gpu("C", 12, 1)};
  const cuda::Discovery found = cuda::discover(fake::api());
  for (int number = 0; number < 3; ++number) EXPECT_EQ(cuda::usable_device(found, number).number, number);
  EXPECT_EQ(cuda::usable_device(found, 2).capability(), "12.1");
  EXPECT_EQ(found.driver, "13.0");
}

TEST_F(Discovery, AMissingDriverIsNamed) {
  fake::machine().driver = 0;
  EXPECT_EQ(refusal(), "CUDA cannot be used: no NVIDIA driver is installed; --device cpu computes on the processor");
}

TEST_F(Discovery, AnOldDriverIsNamedWithBothVersions) {
  fake::machine().driver = 12020;
  EXPECT_THAT(refusal(), HasSubstr("the NVIDIA driver supports CUDA 12.2, this program needs 13.0: update the driver"));
}

TEST_F(Discovery, AMachineWithoutAGpuIsNamed) {
  fake::machine().gpus.clear();
  EXPECT_THAT(refusal(), HasSubstr("the NVIDIA driver finds no GPU;"));
  ::setenv("CUDA_VISIBLE_DEVICES", "7", 1);
  EXPECT_THAT(refusal(), HasSubstr("finds no GPU among CUDA_VISIBLE_DEVICES=7"));
}

TEST_F(Discovery, AnOldGpuIsNamedWithItsCapability) {
  fake::machine().gpus = {fake::gpu("Tesla P100", 6, 0)};
  EXPECT_EQ(refusal(),
            "cuda:0, Tesla P100, cannot be used: its compute capability is 6.0, the kernels need 8.0 (Ampere) or newer; --device "
            "cpu computes on the processor");
}

TEST_F(Discovery, ANumberThatIsNotThereIsRefusedWithThoseThatAre) {
  fake::machine().gpus.push_back(fake::gpu("Fake GPU", 9, 0));
  EXPECT_EQ(refusal(2), "there is no device cuda:2: this machine has cuda:0, cuda:1");
  EXPECT_EQ(refusal(2147483647), "there is no device cuda:2147483647: this machine has cuda:0, cuda:1");
}

TEST_F(Discovery, OtherFailuresOfTheDriverHaveTheirStatus) {
  fake::machine().fails["device_count"] = cudaErrorSystemNotReady;
  EXPECT_THAT(refusal(), HasSubstr("the NVIDIA driver fails with status 802"));
  fake::reset();
  fake::machine().fails["device_properties"] = cudaErrorECCUncorrectable;
  EXPECT_THAT(refusal(), HasSubstr("it fails with status 214"));
}

}  // namespace
}  // namespace residual
