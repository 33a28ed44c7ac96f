#include "train/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace residual::train {

std::string html(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') result += c;
    }
  }
  return result;
}

std::string class_html(const std::vector<std::string>& classes, int64_t label) {
  const auto index = static_cast<size_t>(label);
  return html(index < classes.size() ? classes[index] : fmt::format("class {}", label));
}

std::string percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.1f}%", fraction * 100) : "–";
}

std::string figure(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "–";
}

std::string magnitude(int64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 10'000) return fmt::format("{}", count);
  if (count < 1'000'000) return fmt::format("{:.3g} k", std::min(value / 1e3, 999.0));
  if (value < 999.5e6) return fmt::format("{:.3g} M", std::min(value / 1e6, 999.0));
  return fmt::format("{:.4g} G", value / 1e9);
}

}  // namespace residual::train
