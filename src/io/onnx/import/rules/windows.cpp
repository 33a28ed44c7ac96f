#include "io/onnx/import/rules/windows.h"

#include <algorithm>

#include "core/json_text.h"

namespace residual::io {
namespace {

// What auto_pad pads before and after.
std::pair<int64_t, int64_t> automatic(const Window& window, bool upper) {
  const int64_t outputs = (window.size + window.stride - 1) / window.stride;
  const int64_t total = std::max<int64_t>(0, (outputs - 1) * window.stride + window.reach - window.size);
  return upper ? std::pair(total / 2, total - total / 2) : std::pair(total - total / 2, total / 2);
}

}  // namespace

Margins padding_of(const OnnxImporter& in, const OnnxNode& node, const Window& rows, const Window& columns) {
  const std::string kind = in.text(node, "auto_pad", "NOTSET");
  if (kind == "VALID") return {};
  if (kind == "SAME_UPPER" || kind == "SAME_LOWER") {
    const auto [top, bottom] = automatic(rows, kind == "SAME_UPPER");
    const auto [left, right] = automatic(columns, kind == "SAME_UPPER");
    return {top, left, bottom, right};
  }
  if (kind != "NOTSET") in.refuse(node, fmt::format("auto_pad '{}' is not known", printable(kind, 40)));
  const std::vector<int64_t> pads = in.list(node, "pads").value_or(std::vector<int64_t>(4, 0));
  if (pads.size() != 4)
    in.refuse(node, fmt::format("pads has {} numbers, 4 are expected: top, left, bottom, right", pads.size()));
  if (std::ranges::any_of(pads, [](int64_t pad) { return pad < 0; })) in.refuse(node, "pads are negative");
  return {pads[0], pads[1], pads[2], pads[3]};
}

void expect_at_least_one(const OnnxImporter& in, const OnnxNode& node, const char* what, Size2 size) {
  if (size.height < 1 || size.width < 1) in.refuse(node, fmt::format("{} must be at least 1", what));
}

Margins operator+(const Margins& a, const Margins& b) {
  return {a.top + b.top, a.left + b.left, a.bottom + b.bottom, a.right + b.right};
}

}  // namespace residual::io
