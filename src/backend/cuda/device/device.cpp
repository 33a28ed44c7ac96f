#include "backend/cuda/device/device.h"

#include <cstring>

#include "backend/cuda/device/stream.h"
#include "core/error.h"

namespace residual::cuda {
namespace {

double gibibytes(size_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(size_t{1} << 30);
}

}  // namespace

CudaDevice::CudaDevice(DeviceProperties properties, const RuntimeApi& api)
    : properties_(std::move(properties)), name_(fmt::format("cuda:{}", properties_.number)), api_(api) {}

DeviceMemory CudaDevice::allocate(size_t bytes) const {
  if (bytes == 0) return {};
  void* memory = nullptr;
  cudaError_t error = select();
  if (error == cudaSuccess) error = api_.allocate(&memory, bytes);
  if (error != cudaSuccess) refuse(error, bytes);
  DeviceMemory result(static_cast<std::byte*>(memory), bytes, [number = properties_.number, &api = api_](std::byte* released) {
    api.set_device(number);
    api.release(released);
  });
  if (error = api_.fill(memory, 0, bytes); error != cudaSuccess) refuse(error, bytes);
  return result;
}

DeviceMemory CudaDevice::allocate_staging(size_t bytes) const {
  if (bytes == 0) return {};
  void* memory = nullptr;
  cudaError_t error = select();
  if (error == cudaSuccess) error = api_.allocate_host(&memory, bytes, cudaHostAllocDefault);
  if (error == cudaErrorMemoryAllocation) {
    api_.last_error();
    fail(ErrorKind::kResource, "the system pins no {:.1f} MiB of memory for copies to {}: see `ulimit -l`",
         static_cast<double>(bytes) / 1048576.0, name_);
  }
  if (error != cudaSuccess) refuse(error, bytes);
  std::memset(memory, 0, bytes);
  return {static_cast<std::byte*>(memory), bytes, [&api = api_](std::byte* released) { api.release_host(released); }};
}

std::optional<size_t> CudaDevice::free_memory() const {
  size_t available = 0, all = 0;
  if (select() != cudaSuccess || api_.memory_info(&available, &all) != cudaSuccess) {
    api_.last_error();
    return std::nullopt;
  }
  return available;
}

std::unique_ptr<Stream> CudaDevice::make_stream() const {
  return std::make_unique<CudaStream>(*this);
}

void CudaDevice::refuse(cudaError_t error, size_t bytes) const {
  api_.last_error();
  if (error != cudaErrorMemoryAllocation) {
    fail(ErrorKind::kResource, "{} fails with status {}, {}; another program may use it alone", name_, static_cast<int>(error),
         cudaGetErrorString(error));
  }
  fail(ErrorKind::kResource,
       "{} has {:.2f} of {:.2f} GiB free, {:.2f} GiB are needed: use a smaller batch or smaller images, or end the programs that "
       "hold its memory",
       name_, gibibytes(free_memory().value_or(0)), gibibytes(properties_.memory), gibibytes(bytes));
}

}  // namespace residual::cuda
