// One launch for many tensors: the table of their addresses travels as the kernel's argument, as many entries as CUDA's 4 KiB of
// arguments hold, so a network's update takes a few launches and replaying a captured step needs no table in device memory. Each
// tensor is cut into parts of 4096 elements, and a block takes one part.
#pragma once

#include <span>

#include "backend/cuda/kernels/device/elements.cuh"

namespace residual::cuda::kernels {

constexpr int64_t kPart = 4096;

/// Entry: has the number of elements as `count`.
template <class Entry>
struct TensorTable {
  static constexpr int kMost = (4096 - 512) / static_cast<int>(sizeof(Entry) + sizeof(unsigned));

  Entry entries[kMost];
  unsigned ends[kMost];  ///< the first block behind each tensor's
  int tensors = 0;
  unsigned blocks = 0;

  /// Whether the entry was taken.
  bool add(const Entry& entry) {
    const int64_t parts = (entry.count + kPart - 1) / kPart;
    if (tensors == kMost || blocks + parts > 0x7FFFFFFF) return false;
    blocks += static_cast<unsigned>(parts);
    ends[tensors] = blocks;
    entries[tensors++] = entry;
    return true;
  }

  /// The tensor of which this block takes a part.
  __device__ __forceinline__ int own_tensor() const {
    int low = 0, high = tensors - 1;
    while (low < high) {
      const int middle = (low + high) / 2;
      if (blockIdx.x < ends[middle])
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }

  /// The first element of this block's part of that tensor.
  __device__ __forceinline__ int64_t own_part(int tensor) const {
    return static_cast<int64_t>(blockIdx.x - (tensor == 0 ? 0 : ends[tensor - 1])) * kPart;
  }
};

/// Calls use(table) with tables that hold the entries in order.
template <class Entry, class Use>
void for_tables(std::span<const Entry> entries, const Use& use) {
  TensorTable<Entry> table;
  for (const Entry& entry : entries) {
    if (table.add(entry)) continue;
    use(table);
    table = {};
    table.add(entry);
  }
  use(table);
}

/// Rule: start(entry), which one thread of a block computes for all; then element(entry, started, i) for every element.
template <class Entry, class Rule>
__global__ void __launch_bounds__(kThreads) update_tensors(TensorTable<Entry> table, Rule rule) {
  __shared__ typename Rule::Started started;
  const int tensor = table.own_tensor();
  const Entry& entry = table.entries[tensor];
  if (threadIdx.x == 0) started = rule.start(entry);
  __syncthreads();
  const int64_t begin = table.own_part(tensor), end = begin + kPart < entry.count ? begin + kPart : entry.count;
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) rule.element(entry, started, i);
}

template <class Entry, class Rule>
void launch_updates(StreamHandle stream, std::span<const Entry> entries, const Rule& rule) {
  for_tables(entries, [&](const TensorTable<Entry>& table) {
    launch(stream, dim3(table.blocks), dim3(kThreads), update_tensors<Entry, Rule>, table, rule);
  });
}

}  // namespace residual::cuda::kernels
