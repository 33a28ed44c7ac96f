// cuDNN 9, loaded when it is first needed.
#pragma once

#include <string>

namespace residual::cuda::cudnn {

/// The major version whose interface this program is written for.
inline constexpr int kMajor = 9;

struct Library {
  void* handle = nullptr;  ///< of dlopen; null where there is a problem
  std::string version;     ///< "9.19.0"; empty where none was found
  std::string problem;     ///< why it cannot be used, without a full stop; empty where it can
};

/// Opens the shared library `name` and asks its version.
Library open_library(const std::string& name);

/// The first that can be used: what $RESIDUAL_CUDNN names, a file or the folder that holds it, else the system's. Loaded once.
const Library& library();

}  // namespace residual::cuda::cudnn
