// Which backends there are. Each is defined in its own module; the library's user picks a list.
#pragma once

#include "backend/backend.h"

namespace residual {

std::shared_ptr<const Backend> make_reference_backend();  // backend/reference
std::shared_ptr<const Backend> make_cpu_backend();        // backend/cpu

/// Plain loops only: the oracle.
BackendList reference_backends();
/// oneDNN and our own vector kernels; plain loops for whatever these decline.
BackendList cpu_backends();

}  // namespace residual
