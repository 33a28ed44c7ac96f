// JSON from files: bounded depth, no duplicate keys; JSON for programs; and texts that are safe to show.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/error.h"

namespace residual {

/// Deepest nesting of objects and arrays that parse_json accepts.
inline constexpr int kMaxJsonDepth = 32;

/// Parses `text`. Throws Error of `kind`, its message beginning with `what`, on broken JSON, on deeper nesting than kMaxJsonDepth
/// and on a key that occurs twice in one object.
nlohmann::json parse_json(std::string_view text, std::string_view what, ErrorKind kind = ErrorKind::kBadFile);

/// JSON as a text of several lines, without an end of line; bytes that are not UTF-8 (in a file's name) become U+FFFD.
std::string indented(const nlohmann::ordered_json& json);

/// A text from a file as a message or a terminal may show it: no control characters (those of U+0080 … U+009F included), at most
/// `most` bytes.
std::string printable(std::string_view text, size_t most = 80);

/// Enough for the path of a file.
inline constexpr size_t kMostOfAPath = 4096;

}  // namespace residual
