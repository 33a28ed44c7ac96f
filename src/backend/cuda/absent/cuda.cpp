// A build without the backend.
#include "backend/cuda/cuda.h"

#include "core/error.h"

namespace residual {
namespace {
constexpr const char* kAbsent = "this build of residual has no CUDA kernels";
}

bool has_cuda() {
  return false;
}

CudaSurvey survey_cuda() {
  return {.problem = kAbsent};
}

void check_cuda(int number) {
  fail(ErrorKind::kUsage, "the device cuda:{} cannot be used: {}", number, kAbsent);
}

std::shared_ptr<const Backend> make_cuda_backend(int number, const CudaArithmetic&) {
  check_cuda(number);
  return nullptr;
}

}  // namespace residual
