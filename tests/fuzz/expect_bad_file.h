// What every reader owes to foreign bytes.
#pragma once

#include <cstdlib>

#include "core/error.h"

namespace residual::fuzz {

/// Nothing but Error (kBadFile) may come out of `work`. Whether it came to its end.
template <typename Work>
bool expect_bad_file(Work&& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadFile) std::abort();
    return false;
  }
}

}  // namespace residual::fuzz
