#include "core/system/system_error.h"

#include <cerrno>

namespace residual {

// The numbers of both of the standard library's categories are those of errno.
ErrorKind kind_of(const std::error_code& error, ErrorKind otherwise) noexcept {
  return kind_of(error.value(), otherwise);
}

ErrorKind kind_of(int error, ErrorKind otherwise) noexcept {
  switch (error) {
    case ENOMEM:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOSPC: return ErrorKind::kResource;
    default: return otherwise;
  }
}

}  // namespace residual
