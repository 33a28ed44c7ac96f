#include "core/log.h"

#include <mutex>
#include <utility>

namespace residual {
namespace {
std::mutex guard;
LogSink current;
}  // namespace

void set_log_sink(LogSink sink) {
  const std::lock_guard lock(guard);
  current = std::move(sink);
}

void log(LogLevel level, std::string_view message) {
  const std::lock_guard lock(guard);
  if (current) current(level, message);
}

}  // namespace residual
