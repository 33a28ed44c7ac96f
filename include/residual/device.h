// Where networks run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "residual/export.h"

namespace residual {

/// The processor, or a GPU.
struct DeviceInfo {
  std::string name;                      ///< as the options `device` take it: "cpu", "cuda:0"; "cuda" where there is no GPU
  std::string hardware;                  ///< "AMD EPYC 9755 (AVX-512)"; empty where there is none
  uint64_t memory = 0, free_memory = 0;  ///< bytes; 0: not known
  std::vector<std::string> libraries;    ///< that its kernels run on, with versions: "oneDNN 2.6.3"
  std::string problem;                   ///< why it cannot be used, without a full stop; empty where it can
};

/// Every device of this machine that the library can use or could use, the one that "auto" stands for first. An option `device`
/// that names another one ends with Error: (kUsage) for a kind that this build does not have, (kResource) with the `problem`.
RESIDUAL_API std::vector<DeviceInfo> devices();

}  // namespace residual
