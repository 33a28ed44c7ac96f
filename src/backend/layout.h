// The physical order of a value's elements: part of a plan, never of a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace residual {

struct Layout {
  enum class Kind : uint8_t {
    kPlain,         ///< canonical, row-major over the logical shape
    kChannelsLast,  ///< N,H,W,C; rank 4
    kBlocked,       ///< N,C/block,H,W,block; rank 4, C padded with zeros to a multiple of the block
    kOpaque,        ///< known to one backend only: packed weights and the like
  } kind = Kind::kPlain;
  int64_t block = 0;        ///< kBlocked
  std::string opaque;       ///< kOpaque: the backend's own description, compared as text
  size_t opaque_bytes = 0;  ///< kOpaque: the memory it takes

  static Layout plain() { return {}; }
  static Layout channels_last() { return {Kind::kChannelsLast}; }
  static Layout blocked(int64_t block) { return {Kind::kBlocked, block}; }
  bool operator==(const Layout&) const = default;
};

/// Bytes that a value takes in a layout.
size_t bytes_in(const TensorType& type, const Layout& layout);
/// "plain", "nhwc", "nChw16c" or the opaque description.
std::string to_string(const Layout& layout);

}  // namespace residual
