// How errors are thrown; the family itself is public (residual/error.h).
#pragma once

#include <fmt/format.h>

#include <utility>

#include "residual/error.h"

namespace residual {

/// fail(ErrorKind::kUsage, "--lr is {}, expected a number above 0", lr) throws an Error with the formatted message.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace residual
