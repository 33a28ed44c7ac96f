// Formatting of texts and figures for the report's page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace residual::train {

/// `text` escaped for HTML, for an element or a quoted attribute; control characters other than line breaks and tabs are
/// removed.
std::string html(std::string_view text);

/// The name of a class as HTML; "class 7" where it has none.
std::string class_html(const std::vector<std::string>& classes, int64_t label);

/// 0.9153 -> "91.5%"; "–" when it is not finite.
std::string percent(double fraction);

/// Four significant digits; "–" when it is not finite.
std::string figure(double value);

/// 272474 -> "272 k", 25557032 -> "25.6 M".
std::string magnitude(int64_t count);

}  // namespace residual::train
