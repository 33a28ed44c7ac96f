// The one family of errors: what was found, what was expected, what to do.
#pragma once

#include <stdexcept>
#include <string>

#include "residual/export.h"

namespace residual {

/// What went wrong, in kinds that a caller can act on. The program's exit codes follow from them (see exit_code).
enum class ErrorKind {
  kOther,        ///< anything else; exit code 1
  kUsage,        ///< arguments out of range or contradicting each other; exit code 2
  kBadFile,      ///< a file or folder that is missing, damaged or not what it claims to be; exit code 3
  kNumeric,      ///< training or a network's outputs met a value that is not finite; exit code 4
  kResource,     ///< memory or disk exhausted, or output that cannot be written; exit code 5
  kInterrupted,  ///< stopped by the user; exit code 130
};

/// Thrown by everything in this library. The message says what was found, what was expected and what to do.
class RESIDUAL_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// The process exit code of `kind`.
constexpr int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kOther: return 1;
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kBadFile: return 3;
    case ErrorKind::kNumeric: return 4;
    case ErrorKind::kResource: return 5;
    case ErrorKind::kInterrupted: return 130;
  }
  return 1;
}

}  // namespace residual
