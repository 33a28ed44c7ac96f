// A driver of NVIDIA that supports CUDA 13.0 and finds no GPU: cuDNN, which makes plans for GPUs that are described as data,
// loads a driver all the same.
#include <cstring>

namespace {

constexpr int kSuccess = 0, kNoDevice = 100;

int no_device() {
  return kNoDevice;
}

}  // namespace

extern "C" {

int cuInit(unsigned) {
  return kNoDevice;
}

int cuDriverGetVersion(int* version) {
  *version = 13000;
  return kSuccess;
}

int cuDeviceGetCount(int* count) {
  *count = 0;
  return kNoDevice;
}

int cuGetErrorString(int, const char** text) {
  *text = "no CUDA-capable device is detected";
  return kSuccess;
}

int cuGetErrorName(int, const char** name) {
  *name = "CUDA_ERROR_NO_DEVICE";
  return kSuccess;
}

// What cuDNN looks up by name.
#define NO_DEVICE(NAME) \
  int NAME() {          \
    return kNoDevice;   \
  }
NO_DEVICE(cuCtxGetCurrent)
NO_DEVICE(cuCtxGetLimit)
NO_DEVICE(cuCtxPopCurrent)
NO_DEVICE(cuCtxPushCurrent)
NO_DEVICE(cuDeviceGet)
NO_DEVICE(cuKernelGetAttribute)
NO_DEVICE(cuKernelSetAttribute)
NO_DEVICE(cuLaunchCooperativeKernel)
NO_DEVICE(cuLaunchKernel)
NO_DEVICE(cuLaunchKernelEx)
NO_DEVICE(cuLibraryGetKernel)
NO_DEVICE(cuLibraryLoadData)
NO_DEVICE(cuLibraryLoadFromFile)
NO_DEVICE(cuLibraryUnload)
NO_DEVICE(cuLinkAddData)
NO_DEVICE(cuLinkComplete)
NO_DEVICE(cuLinkCreate)
NO_DEVICE(cuLinkDestroy)
NO_DEVICE(cuOccupancyMaxPotentialClusterSize)
NO_DEVICE(cuStreamGetCtx)
#undef NO_DEVICE

int cuGetProcAddress_v2(const char* name, void** function, int, unsigned long long, int* found) {
  struct Known {
    const char* name;
    void* function;
  };
  static const Known known[] = {{"cuInit", reinterpret_cast<void*>(cuInit)},
                                {"cuDriverGetVersion", reinterpret_cast<void*>(cuDriverGetVersion)},
                                {"cuDeviceGetCount", reinterpret_cast<void*>(cuDeviceGetCount)},
                                {"cuGetErrorString", reinterpret_cast<void*>(cuGetErrorString)},
                                {"cuGetErrorName", reinterpret_cast<void*>(cuGetErrorName)},
                                {"cuGetProcAddress", reinterpret_cast<void*>(cuGetProcAddress_v2)},
                                {"cuGetProcAddress_v2", reinterpret_cast<void*>(cuGetProcAddress_v2)}};
  if (found != nullptr) *found = 0;
  *function = reinterpret_cast<void*>(no_device);
  for (const Known& one : known) {
    if (std::strcmp(name, one.name) == 0) *function = one.function;
  }
  return kSuccess;
}

int cuGetProcAddress(const char* name, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}
}
