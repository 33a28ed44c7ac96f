// Texts and figures as the report's page shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace residual::train {

/// `text` as HTML shows it literally, in an element or in a quoted attribute; control characters other than line breaks and tabs
/// go.
std::string html(std::string_view text);

/// 0.9153 -> "91.5%"; "–" when it is not finite.
std::string percent(double fraction);

/// Four significant digits; "–" when it is not finite.
std::string figure(double value);

/// 272474 -> "272 k", 25557032 -> "25.6 M".
std::string magnitude(int64_t count);

}  // namespace residual::train
