// The library never prints: its messages go to a sink, which the program or the caller installs; without one they are dropped.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "residual/log.h"

namespace residual {

void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view message);

template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace residual
