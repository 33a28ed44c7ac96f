// The library's messages.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace residual {

enum class LogLevel : uint8_t { kInfo, kWarning };

/// Receives messages, one line each, from any thread, one at a time; it must not call the library.
using LogSink = std::function<void(LogLevel, std::string_view)>;

}  // namespace residual
