#include "io/onnx/import/rules/windows.h"

#include <algorithm>
#include <utility>

#include "core/json_text.h"

namespace residual::io {
namespace {

void expect_at_least_one(const OnnxImporter& in, const OnnxNode& node, const char* what, Size2 size) {
  if (size.height < 1 || size.width < 1) in.refuse(node, fmt::format("{} must be at least 1", what));
}

// What auto_pad pads before and after.
std::pair<int64_t, int64_t> automatic(const Side& side, const Margins& margins, bool rows, bool upper) {
  const int64_t size = side.size + (rows ? margins.top + margins.bottom : margins.left + margins.right);
  const int64_t outputs = (size + side.stride - 1) / side.stride;
  const int64_t total = std::max<int64_t>(0, (outputs - 1) * side.stride + side.reach() - size);
  return upper ? std::pair(total / 2, total - total / 2) : std::pair(total - total / 2, total / 2);
}

// The padding that the node's auto_pad or pads say.
Margins padding_of(const OnnxImporter& in, const OnnxNode& node, const Sides& sides, const Margins& margins) {
  const std::string kind = in.text(node, "auto_pad", "NOTSET");
  if (kind == "VALID") return {};
  if (kind == "SAME_UPPER" || kind == "SAME_LOWER") {
    const auto [top, bottom] = automatic(sides.rows, margins, true, kind == "SAME_UPPER");
    const auto [left, right] = automatic(sides.columns, margins, false, kind == "SAME_UPPER");
    return {top, left, bottom, right};
  }
  if (kind != "NOTSET") in.refuse(node, fmt::format("auto_pad '{}' is not known", printable(kind, 40)));
  const std::vector<int64_t> pads = in.list(node, "pads").value_or(std::vector<int64_t>(4, 0));
  if (pads.size() != 4)
    in.refuse(node, fmt::format("pads has {} numbers, 4 are expected: top, left, bottom, right", pads.size()));
  if (std::ranges::any_of(pads, [](int64_t pad) { return pad < 0; })) in.refuse(node, "pads are negative");
  return {pads[0], pads[1], pads[2], pads[3]};
}

}  // namespace

Sides sides_of(const OnnxImporter& in, const OnnxNode& node, Size2 image, Size2 kernel, const Margins& margins) {
  const Size2 stride = in.pair(node, "strides", Size2{1, 1}), dilation = in.pair(node, "dilations", Size2{1, 1});
  expect_at_least_one(in, node, "kernel_shape", kernel);
  expect_at_least_one(in, node, "strides", stride);
  expect_at_least_one(in, node, "dilations", dilation);
  Sides sides{{image.height, kernel.height, stride.height, dilation.height},
              {image.width, kernel.width, stride.width, dilation.width}};
  const Margins pads = padding_of(in, node, sides, margins);
  sides.rows.before = margins.top + pads.top, sides.rows.after = margins.bottom + pads.bottom;
  sides.columns.before = margins.left + pads.left, sides.columns.after = margins.right + pads.right;
  return sides;
}

Size2 kernel_of(const OnnxImporter& in, const OnnxNode& node) {
  const Shape& weight = in.constant(node, 1).shape;
  if (weight.rank() != 4)
    in.refuse(node, fmt::format("its weight has shape {}; convolutions of images have four dimensions", to_string(weight)));
  const Size2 kernel{weight[2], weight[3]}, stated = in.pair(node, "kernel_shape", kernel);
  if (stated != kernel) {
    in.refuse(node, fmt::format("kernel_shape says {}x{}, the weight is {}x{}", stated.height, stated.width, kernel.height,
                                kernel.width));
  }
  return kernel;
}

int64_t count_windows(const OnnxImporter& in, const OnnxNode& node, const Side& side) {
  const bool round_up = in.integer(node, "ceil_mode", 0) != 0;
  const int64_t space = side.size + side.before + side.after - side.reach();
  if (space < 0 && !(round_up && side.size > 0 && space + side.stride > 0))
    in.refuse(node, "its window is larger than its input");
  int64_t windows = space < 0 ? 1 : (round_up ? space + side.stride - 1 : space) / side.stride + 1;
  if (round_up && (windows - 1) * side.stride >= side.size + side.before) --windows;
  return windows;
}

}  // namespace residual::io
