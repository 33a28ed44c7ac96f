// Errors of the operating system, and what kind of Error they are.
#pragma once

#include <system_error>

#include "residual/error.h"

namespace residual {

/// kResource where the system lacks memory, threads, open files or space on the disk; else `otherwise`.
ErrorKind kind_of(const std::error_code& error, ErrorKind otherwise) noexcept;
/// The same for an errno.
ErrorKind kind_of(int error, ErrorKind otherwise) noexcept;

}  // namespace residual
