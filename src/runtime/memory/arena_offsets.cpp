#include "runtime/memory/arena_offsets.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace residual {
namespace {

// The offset of the tightest gap between the buffers alive at the same time, else of the end behind them.
size_t best_gap(std::vector<const BufferLife*>& neighbours, size_t bytes) {
  std::sort(neighbours.begin(), neighbours.end(), [](const auto* a, const auto* b) { return a->offset < b->offset; });
  size_t end = 0, best = 0, best_slack = SIZE_MAX;
  for (const BufferLife* neighbour : neighbours) {
    if (neighbour->offset >= end + bytes && neighbour->offset - end - bytes < best_slack) {
      best = end;
      best_slack = neighbour->offset - end - bytes;
    }
    end = std::max(end, neighbour->offset + rounded(neighbour->bytes));
  }
  return best_slack == SIZE_MAX ? end : best;
}

}  // namespace

size_t rounded(size_t bytes) {
  constexpr size_t kAlignment = 64;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t assign_offsets(std::vector<BufferLife>& buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<const BufferLife*> assigned;
  size_t arena = 0;
  for (const size_t i : order) {
    BufferLife& buffer = buffers[i];
    std::vector<const BufferLife*> neighbours;
    for (const BufferLife* other : assigned) {
      if (other->first <= buffer.last && buffer.first <= other->last) neighbours.push_back(other);
    }
    buffer.offset = best_gap(neighbours, rounded(buffer.bytes));
    arena = std::max(arena, buffer.offset + rounded(buffer.bytes));
    assigned.push_back(&buffer);
  }
  return arena;
}

}  // namespace residual
