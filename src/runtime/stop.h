// Ending long work early, as a caller asks for.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>

#include "core/error.h"

namespace residual {

/// True: the work is to end. Empty: it never is.
using Stop = std::function<bool()>;

/// Throws Error (kInterrupted) where `stop` says so.
inline void check(const Stop& stop) {
  if (stop && stop()) fail(ErrorKind::kInterrupted, "interrupted");
}

/// Locks `mutex`, however long another thread holds it. Throws Error (kInterrupted) where `stop` says so.
inline std::unique_lock<std::timed_mutex> lock_or_stop(std::timed_mutex& mutex, const Stop& stop) {
  std::unique_lock lock(mutex, std::defer_lock);
  while (!lock.try_lock_for(std::chrono::milliseconds(50))) check(stop);
  return lock;
}

}  // namespace residual
