// Offsets in one arena for buffers that are alive during part of a run.
#pragma once

#include <cstddef>
#include <vector>

namespace residual {

/// A buffer that is in use from step `first` to step `last`, both included.
struct BufferLife {
  size_t bytes = 0;
  int first = 0, last = 0;
  size_t offset = 0;  ///< set by assign_offsets; a multiple of 64
};

/// A multiple of the alignment that buffers have in an arena.
size_t rounded(size_t bytes);

/// Places the buffers so that those alive at the same time do not overlap: largest first, each in the tightest gap. Returns the
/// arena's size.
size_t assign_offsets(std::vector<BufferLife>& buffers);

}  // namespace residual
