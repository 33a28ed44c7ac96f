// Batches prepared by threads ahead of the one who uses them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/shape.h"
#include "data/dataset.h"
#include "data/transforms/augment.h"
#include "data/transforms/preprocess.h"

namespace residual::data {

/// Views into the loader's memory, valid until the next call of next() or start_epoch().
struct Batch {
  std::span<const float> images;     ///< N,C,H,W
  std::span<const int64_t> labels;   ///< N
  std::span<const int64_t> samples;  ///< N, indices into the data set
  int64_t count = 0;                 ///< N; less than batch_size only in the last batch, when it is not dropped
  int64_t index = 0;                 ///< of the batch in its epoch
};

struct LoaderOptions {
  int64_t batch_size = 128;
  int threads = 1;         ///< at least 1
  uint64_t seed = 0;       ///< of the order and the augmentation
  bool shuffle = false;    ///< a new order each epoch: permutation(size, Rng(seed, kShuffle, epoch))
  bool drop_last = false;  ///< leaves out the last batch when it is not full
  Augmentation augmentation;
  int prefetch = 3;  ///< batches prepared ahead, at least 1
};

/// What next() gives depends on the options and the epoch alone, never on the number of threads. The data set and the loader must
/// outlive its use; used from one thread.
class Loader {
 public:
  /// Throws Error (kUsage) for options out of range, (kResource) when there is no memory for the batches.
  Loader(const Dataset& dataset, const Preprocessing& preprocessing, const LoaderOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  int64_t batches() const noexcept;  ///< in an epoch

  /// Begins an epoch at one of its batches (to resume in the middle); what was left of another epoch is dropped.
  void start_epoch(int64_t epoch, int64_t first_batch = 0);

  /// The next batch in order, or null at the end of the epoch. Rethrows what a loader thread met while it prepared this batch;
  /// the epoch is over then. Null before the first start_epoch.
  const Batch* next();

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace residual::data
