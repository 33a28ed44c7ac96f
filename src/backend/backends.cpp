#include "backend/backends.h"

namespace residual {

BackendList reference_backends() {
  return {make_reference_backend()};
}

BackendList cpu_backends() {
  return {make_cpu_backend(), make_reference_backend()};
}

}  // namespace residual
