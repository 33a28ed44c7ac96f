#include "io/onnx/import/onnx_layout.h"

#include <algorithm>
#include <array>

namespace residual::io {
namespace {

constexpr std::array kChannelsFirst{Axis::kN, Axis::kC, Axis::kH, Axis::kW};
constexpr std::array kChannelsLast{Axis::kN, Axis::kH, Axis::kW, Axis::kC};

}  // namespace

int64_t size_along(const Shape& value, Axis axis) {
  const auto index = static_cast<size_t>(axis);
  return index < value.rank() ? value[index] : 1;
}

Layout Layout::in_order(std::span<const Axis> axes, const Shape& value) {
  std::vector<Dimension> dimensions;
  for (const Axis axis : axes)
    dimensions.push_back(axis == Axis::kN || size_along(value, axis) != 1 ? Dimension{axis} : Dimension{});
  return Layout(std::move(dimensions));
}

Layout Layout::nchw(const Shape& value) {
  return in_order(kChannelsFirst, value);
}

Layout Layout::nhwc(const Shape& value) {
  return in_order(kChannelsLast, value);
}

Layout Layout::nc(const Shape& value) {
  return in_order(std::span(kChannelsFirst).first(2), value);
}

int64_t Layout::size(size_t dimension, const Shape& value) const {
  int64_t size = 1;
  for (const Axis axis : dimensions_.at(dimension)) size *= size_along(value, axis);
  return size;
}

std::optional<Axis> Layout::axis_of(size_t dimension, const Shape& value) const {
  const Dimension& axes = dimensions_.at(dimension);
  if (axes.size() > 1) return std::nullopt;
  if (axes.size() == 1) return axes[0];
  if (rank() == 2 && dimension == 1) return Axis::kC;
  if (rank() != 4) return std::nullopt;
  if (*this == nchw(value)) return kChannelsFirst[dimension];
  if (*this == nhwc(value)) return kChannelsLast[dimension];
  return std::nullopt;
}

bool Layout::is_channels(size_t dimension, const Shape& value) const {
  const Dimension& axes = dimensions_.at(dimension);
  return axes == Dimension{Axis::kC} || (axes.empty() && size_along(value, Axis::kC) == 1);
}

std::optional<size_t> Layout::dimension_of(Axis axis) const {
  const auto found = std::ranges::find(dimensions_, Dimension{axis});
  return found == dimensions_.end() ? std::nullopt : std::optional(static_cast<size_t>(found - dimensions_.begin()));
}

std::vector<Axis> Layout::order() const {
  std::vector<Axis> all;
  for (const Dimension& axes : dimensions_) all.insert(all.end(), axes.begin(), axes.end());
  return all;
}

std::string Layout::text() const {
  std::string text;
  for (const Dimension& axes : dimensions_) {
    if (!text.empty()) text += ',';
    if (axes.empty()) text += '1';
    for (const Axis axis : axes) text += "NCHW"[static_cast<size_t>(axis)];
  }
  return text;
}

}  // namespace residual::io
