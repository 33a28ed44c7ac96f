// Batches prepared by threads ahead of the caller that uses them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/tensor/shape.h"
#include "data/dataset.h"
#include "data/transforms/transform_list.h"

namespace residual::data {

/// Memory for one batch that the caller owns, such as a session's input. labels may be empty: the loader keeps them itself then.
struct StagingSlot {
  std::span<float> images;    ///< at least batch_size,C,H,W
  std::span<int64_t> labels;  ///< at least batch_size, or empty
};

struct LoaderOptions {
  int64_t batch_size = 128;
  int threads = 1;         ///< at least 1
  uint64_t seed = 0;       ///< of the order and of random transforms
  bool shuffle = false;    ///< a new order each epoch: permutation(size, Rng(seed, kShuffle, epoch))
  bool drop_last = false;  ///< omits the last (global) batch when it is not full
  int prefetch = 3;        ///< batches prepared ahead, at least 1; unused where `slots` are given
  int64_t rank = 0;        ///< this process among `world` of them: each prepares its share of every global batch, which has
  int64_t world = 1;       ///< batch_size * world samples, see data/loading/batches.h
  /// Where batches are written, one after the other: batch b into slot b % slots.size(). A batch is prepared while the caller
  /// uses another one, so that it takes two slots to overlap loading and computing. Empty: memory of the loader's own.
  std::vector<StagingSlot> slots = {};
};

/// Views into a slot, valid until the next call of next() or start_epoch().
struct Batch {
  std::span<const float> images;     ///< N,C,H,W
  std::span<const int64_t> labels;   ///< N
  std::span<const int64_t> samples;  ///< N, indices into the data set
  int64_t count = 0;                 ///< N; less than batch_size only in the last batch, where a rank may have 0
  int64_t index = 0;                 ///< of the batch in its epoch
  size_t slot = 0;                   ///< in which it lies
};

/// What next() gives depends on the options and the epoch alone, never on the number of threads; random transforms draw from
/// Rng(seed, kAugment, epoch, sample). The data set and the slots' memory must outlive the loader, which writes into a slot only
/// after start_epoch and only while its batch is not the one that next() gave last. Used from one thread.
class Loader {
 public:
  /// Throws Error (kUsage) for options out of range, (kResource) when there is no memory for the batches.
  Loader(const Dataset& dataset, TransformList transforms, LoaderOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  int64_t batches() const noexcept;  ///< in an epoch; the same for every rank

  /// Begins an epoch at one of its batches (to resume in the middle); the rest of an epoch that has not ended is dropped.
  void start_epoch(int64_t epoch, int64_t first_batch = 0);

  /// The next batch in order, or null at the end of the epoch. Rethrows what a loader thread threw while it prepared this batch;
  /// the epoch is over then. Null before the first start_epoch.
  const Batch* next();

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace residual::data
