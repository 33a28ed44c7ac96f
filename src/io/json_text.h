// JSON from files: bounded depth, no duplicate keys, and texts that are safe to show.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.h"

namespace residual::io {

/// Deepest nesting of objects and arrays that parse_json accepts.
inline constexpr int kMaxJsonDepth = 32;

/// Parses `text`. Throws Error of `kind`, its message beginning with `what`, on broken JSON, on deeper nesting than kMaxJsonDepth
/// and on a key that occurs twice in one object.
nlohmann::json parse_json(std::string_view text, std::string_view what, ErrorKind kind = ErrorKind::kBadFile);

/// A text from a file as a message may show it: no control characters, at most 80 bytes.
std::string shown(std::string_view text);

}  // namespace residual::io
