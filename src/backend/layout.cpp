#include "backend/layout.h"

#include <fmt/format.h>

namespace residual {

size_t bytes_in(const TensorType& type, const Layout& layout) {
  switch (layout.kind) {
    case Layout::Kind::kPlain:
    case Layout::Kind::kChannelsLast: return type.bytes();
    case Layout::Kind::kBlocked: {
      const Shape& shape = type.shape;
      const int64_t blocks = (shape[1] + layout.block - 1) / layout.block;
      return static_cast<size_t>(shape.with(1, blocks * layout.block).elements()) * size_of(type.dtype);
    }
    case Layout::Kind::kOpaque: return layout.opaque_bytes;
  }
  return 0;
}

std::string to_string(const Layout& layout) {
  switch (layout.kind) {
    case Layout::Kind::kPlain: return "plain";
    case Layout::Kind::kChannelsLast: return "nhwc";
    case Layout::Kind::kBlocked: return fmt::format("nChw{}c", layout.block);
    case Layout::Kind::kOpaque: return layout.opaque;
  }
  return "?";
}

}  // namespace residual
