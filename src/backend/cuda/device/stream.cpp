#include "backend/cuda/device/stream.h"

#include "backend/cuda/device/status.h"
#include "core/error.h"

namespace residual::cuda {
namespace {

class CapturedGraph final : public CapturedRun {
 public:
  CapturedGraph(const RuntimeApi& api, cudaGraphExec_t executable) : api_(api), executable_(executable) {}
  ~CapturedGraph() override { api_.destroy_executable(executable_); }
  cudaGraphExec_t executable() const noexcept { return executable_; }

 private:
  const RuntimeApi& api_;
  cudaGraphExec_t executable_;
};

cudaMemcpyKind kind_of(CopyDirection direction) noexcept {
  switch (direction) {
    case CopyDirection::kToDevice: return cudaMemcpyHostToDevice;
    case CopyDirection::kToHost: return cudaMemcpyDeviceToHost;
    case CopyDirection::kWithinDevice: return cudaMemcpyDeviceToDevice;
  }
  return cudaMemcpyDefault;
}

}  // namespace

CudaStream::CudaStream(const CudaDevice& device) : device_(device) {
  cudaError_t error = device.select();
  if (error == cudaSuccess) error = device.api().create_stream(&handle_, cudaStreamNonBlocking);
  if (error != cudaSuccess) {
    device.api().last_error();
    fail(ErrorKind::kResource, "{} fails with status {}, {}; another program may use it alone", device.name(),
         static_cast<int>(error), cudaGetErrorString(error));
  }
}

CudaStream::~CudaStream() {
  device_.select();
  library_.reset();
  device_.api().destroy_stream(handle_);
}

KernelStatus CudaStream::run(const Kernel& kernel, const KernelArgs& args) noexcept {
  if (const cudaError_t error = device_.select(); error != cudaSuccess) return status_of(error);
  KernelArgs here = args;
  here.stream = this;
  return kernel.run(here);
}

KernelStatus CudaStream::copy(std::byte* to, const std::byte* from, size_t bytes, CopyDirection direction) noexcept {
  if (bytes == 0 || to == from) return {};
  if (const cudaError_t error = device_.select(); error != cudaSuccess) return status_of(error);
  return status_of(device_.api().copy(to, from, bytes, kind_of(direction), handle_));
}

KernelStatus CudaStream::synchronize() noexcept {
  return status_of(device_.api().synchronize(handle_));
}

KernelStatus CudaStream::launched() const noexcept {
  return status_of(device_.api().launch_error());
}

// Only calls of this thread belong to the recording: loader threads may allocate meanwhile.
bool CudaStream::begin_capture() noexcept {
  if (device_.select() == cudaSuccess && device_.api().begin_capture(handle_, cudaStreamCaptureModeThreadLocal) == cudaSuccess)
    return true;
  device_.api().last_error();
  return false;
}

std::unique_ptr<CapturedRun> CudaStream::end_capture() {
  const RuntimeApi& api = device_.api();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  cudaError_t error = api.end_capture(handle_, &graph);
  if (error == cudaSuccess) error = api.instantiate(&executable, graph, 0);
  if (graph != nullptr) api.destroy_graph(graph);
  if (error != cudaSuccess) {
    api.last_error();
    return nullptr;
  }
  return std::make_unique<CapturedGraph>(api, executable);
}

KernelStatus CudaStream::launch(const CapturedRun& run) noexcept {
  if (const cudaError_t error = device_.select(); error != cudaSuccess) return status_of(error);
  return status_of(device_.api().launch(static_cast<const CapturedGraph&>(run).executable(), handle_));
}

}  // namespace residual::cuda
