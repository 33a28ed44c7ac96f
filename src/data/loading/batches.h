// Which samples of an epoch are in which batch of which rank.
#pragma once

#include <cstdint>

namespace residual::data {

/// The epoch's order is cut into global batches of batch_size * world samples, and each of these into one share a rank, in the
/// order of the ranks. The last global batch may be smaller; it is shared evenly, so that every rank has the same number of
/// batches and shares may differ by one sample.
struct Batches {
  int64_t samples = 0;     ///< in the data set
  int64_t batch_size = 1;  ///< of one rank
  int64_t world = 1;       ///< number of ranks
  int64_t rank = 0;
  bool drop_last = false;  ///< omit the last global batch when it is smaller

  int64_t global_size() const noexcept { return batch_size * world; }
  int64_t count() const noexcept { return drop_last ? samples / global_size() : (samples + global_size() - 1) / global_size(); }

  /// The rank's share of a batch, as positions in the epoch's order: begin … end - 1.
  int64_t begin(int64_t batch) const noexcept { return bound(batch, rank); }
  int64_t end(int64_t batch) const noexcept { return bound(batch, rank + 1); }
  int64_t size(int64_t batch) const noexcept { return end(batch) - begin(batch); }

 private:
  int64_t bound(int64_t batch, int64_t share) const noexcept {
    const int64_t first = batch * global_size(), left = samples - first;
    return first + (left < global_size() ? left : global_size()) * share / world;
  }
};

}  // namespace residual::data
