#include "cuda/fake_runtime.h"

#include <cstdlib>
#include <cstring>

namespace fake {
namespace {

using Work = std::vector<std::function<void()>>;

struct Stream {
  bool recording = false;
  Work work;
};

Stream& of(cudaStream_t stream) {
  return *reinterpret_cast<Stream*>(stream);
}

// What `function` is to return.
cudaError_t result_of(const std::string& function) {
  const auto found = machine().fails.find(function);
  return found == machine().fails.end() ? cudaSuccess : found->second;
}

cudaError_t driver_version(int* version) {
  *version = machine().driver;
  return cudaSuccess;
}

cudaError_t device_count(int* count) {
  *count = static_cast<int>(machine().gpus.size());
  if (machine().driver < CUDART_VERSION / 1000 * 1000) return cudaErrorInsufficientDriver;
  return *count == 0 ? cudaErrorNoDevice : result_of("device_count");
}

cudaError_t device_properties(cudaDeviceProp* properties, int number) {
  *properties = machine().gpus.at(static_cast<size_t>(number));
  return result_of("device_properties");
}

cudaError_t set_device(int) {
  return result_of("set_device");
}

cudaError_t last_error() {
  return cudaSuccess;
}

cudaError_t memory_info(size_t* available, size_t* all) {
  *available = machine().free_bytes;
  *all = size_t{1} << 30;
  return result_of("memory_info");
}

cudaError_t allocate(void** memory, size_t bytes) {
  if (bytes > machine().free_bytes) return cudaErrorMemoryAllocation;
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*memory, 0xFF, bytes);
  ++machine().allocations;
  return result_of("allocate");
}

cudaError_t allocate_host(void** memory, size_t bytes, unsigned) {
  if (const cudaError_t error = result_of("allocate_host"); error != cudaSuccess) return error;
  return allocate(memory, bytes);
}

cudaError_t fill(void* memory, int value, size_t bytes) {
  std::memset(memory, value, bytes);
  return result_of("fill");
}

cudaError_t release(void* memory) {
  std::free(memory);
  --machine().allocations;
  return cudaSuccess;
}

cudaError_t create_stream(cudaStream_t* stream, unsigned) {
  if (const cudaError_t error = result_of("create_stream"); error != cudaSuccess) return error;
  *stream = reinterpret_cast<cudaStream_t>(new Stream);
  ++machine().streams;
  return cudaSuccess;
}

cudaError_t destroy_stream(cudaStream_t stream) {
  delete &of(stream);
  --machine().streams;
  return cudaSuccess;
}

// As CUDA: waiting for a stream that records ends the recording.
cudaError_t synchronize(cudaStream_t stream) {
  if (of(stream).recording) return cudaErrorStreamCaptureUnsupported;
  return result_of("synchronize");
}

cudaError_t copy(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  if (const cudaError_t error = result_of("copy"); error != cudaSuccess) return error;
  enqueue(stream, [=] {
    ++machine().copies;
    std::memcpy(to, from, bytes);
  });
  return cudaSuccess;
}

cudaError_t begin_capture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (const cudaError_t error = result_of("begin_capture"); error != cudaSuccess) return error;
  of(stream).recording = true;
  return cudaSuccess;
}

cudaError_t end_capture(cudaStream_t stream, cudaGraph_t* graph) {
  of(stream).recording = false;
  Work work = std::move(of(stream).work);
  of(stream).work.clear();
  if (!machine().records) return cudaErrorStreamCaptureInvalidated;
  *graph = reinterpret_cast<cudaGraph_t>(new Work(std::move(work)));
  return cudaSuccess;
}

cudaError_t instantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = reinterpret_cast<cudaGraphExec_t>(new Work(*reinterpret_cast<Work*>(graph)));
  ++machine().recordings;
  return result_of("instantiate");
}

cudaError_t launch(cudaGraphExec_t executable, cudaStream_t) {
  ++machine().launches;
  if (const cudaError_t error = result_of("launch"); error != cudaSuccess) return error;
  for (const auto& work : *reinterpret_cast<Work*>(executable)) work();
  return cudaSuccess;
}

cudaError_t destroy_executable(cudaGraphExec_t executable) {
  delete reinterpret_cast<Work*>(executable);
  return cudaSuccess;
}

cudaError_t destroy_graph(cudaGraph_t graph) {
  delete reinterpret_cast<Work*>(graph);
  return cudaSuccess;
}

Machine with_one_gpu() {
  Machine machine;
  machine.gpus = {gpu("Fake GPU", 9, 0)};
  return machine;
}

}  // namespace

Machine& machine() {
  static Machine machine = with_one_gpu();
  return machine;
}

void reset() {
  machine() = with_one_gpu();
}

cudaDeviceProp gpu(const char* name, int major, int minor) {
  cudaDeviceProp properties{};
  std::strncpy(properties.name, name, sizeof properties.name - 1);
  properties.major = major, properties.minor = minor;
  properties.totalGlobalMem = size_t{1} << 30;
  properties.multiProcessorCount = 132;
  return properties;
}

void enqueue(cudaStream_t stream, std::function<void()> work) {
  if (of(stream).recording)
    of(stream).work.push_back(std::move(work));
  else
    work();
}

const residual::cuda::RuntimeApi& api() {
  static constexpr residual::cuda::RuntimeApi api{.driver_version = driver_version,
                                                  .device_count = device_count,
                                                  .device_properties = device_properties,
                                                  .set_device = set_device,
                                                  .last_error = last_error,
                                                  .launch_error = last_error,
                                                  .memory_info = memory_info,
                                                  .allocate = allocate,
                                                  .fill = fill,
                                                  .release = release,
                                                  .allocate_host = allocate_host,
                                                  .release_host = release,
                                                  .create_stream = create_stream,
                                                  .destroy_stream = destroy_stream,
                                                  .synchronize = synchronize,
                                                  .copy = copy,
                                                  .begin_capture = begin_capture,
                                                  .end_capture = end_capture,
                                                  .instantiate = instantiate,
                                                  .launch = launch,
                                                  .destroy_executable = destroy_executable,
                                                  .destroy_graph = destroy_graph};
  return api;
}

}  // namespace fake
