// The CUDA backend: cuDNN for convolutions and matrix products, our own kernels for all other ops. NVIDIA's driver and cuDNN are
// looked for when they are first used, so that one program runs with and without them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"

namespace residual {

/// Whether this build has the backend (RESIDUAL_CUDA).
bool has_cuda();

/// A GPU of NVIDIA.
struct CudaGpu {
  int number = 0;                      ///< N of "cuda:N"
  std::string hardware;                ///< "NVIDIA H100 80GB HBM3, compute capability 9.0"
  size_t memory = 0, free_memory = 0;  ///< bytes
  std::string problem;                 ///< why it cannot be used, without a full stop; empty where it can
};

/// What a machine has for this backend.
struct CudaSurvey {
  std::vector<std::string> libraries;  ///< with versions: "driver for CUDA 13.0", "CUDA 13.0", "cuDNN 9.19.0"
  std::string problem;                 ///< why no GPU can be used, without a full stop; empty where that is known of each
  std::vector<CudaGpu> gpus;
};
CudaSurvey survey_cuda();

/// Throws Error: (kResource) where this GPU cannot be used, saying why and what to do; (kUsage) in a build without the backend.
void check_cuda(int number);
/// How convolutions and matrix products may compute.
struct CudaArithmetic {
  bool tf32 = true;            ///< float32 is multiplied with 10 bits of mantissa
  bool deterministic = false;  ///< only with engines that give equal bits every time
};
/// Throws as check_cuda does.
std::shared_ptr<const Backend> make_cuda_backend(int number, const CudaArithmetic& arithmetic = {});

}  // namespace residual
