#include "data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "core/tensor.h"

namespace residual::data {
namespace {

constexpr int64_t kChunk = 16;  // images that a thread takes at a time

// One batch's memory; batch b lies in slot b % slots.
struct Slot {
  Buffer images;  // batch_size,C,H,W floats
  std::vector<int64_t> labels, samples;
  int64_t unfinished = 0;  // images
  int64_t failed_at = -1;  // the first image of the chunk that failed, -1 while none has
  std::exception_ptr error;
};

// What each thread works with.
struct Workspace {
  Image image;
  Preprocessing::Scratch scratch;
  std::vector<float> prepared;  // before augmentation
};

LoaderOptions checked(const LoaderOptions& options, const Dataset& dataset) {
  if (options.batch_size < 1) fail(ErrorKind::kUsage, "the batch size is {}, expected at least 1", options.batch_size);
  if (options.threads < 1 || options.threads > 1024)
    fail(ErrorKind::kUsage, "{} loader threads, expected 1 to 1024", options.threads);
  if (options.prefetch < 1 || options.prefetch > 1024)
    fail(ErrorKind::kUsage, "{} batches ahead, expected 1 to 1024", options.prefetch);
  const int64_t padding = options.augmentation.crop_padding;
  if (padding < 0 || padding > 65535)
    fail(ErrorKind::kUsage, "the padding of the random crop is {}, expected 0 to 65535", padding);
  if (dataset.size() < 1) fail(ErrorKind::kUsage, "a data set without images cannot be loaded");
  if (options.drop_last && dataset.size() < options.batch_size) {
    fail(ErrorKind::kUsage,
         "{} images do not fill one batch of {}, and batches that are not full are left out; choose a smaller batch size",
         dataset.size(), options.batch_size);
  }
  return options;
}

}  // namespace

// One mutex guards everything but the memory of chunks being worked on. Pieces are handed out in order; a batch's chunks only
// when its slot is free, that is when the batch `slots` before it has been given back.
class Loader::Workers {
 public:
  Workers(const Dataset& dataset, const Preprocessing& preprocessing, const LoaderOptions& options)
      : dataset_(dataset), preprocessing_(preprocessing), options_(checked(options, dataset)) {
    const int64_t size = dataset.size(), batch = std::min(options_.batch_size, size);
    batches_ = options_.drop_last ? size / options_.batch_size : (size + options_.batch_size - 1) / options_.batch_size;
    elements_ = preprocessing.output_shape().elements();
    int64_t bytes = 0;
    if (__builtin_mul_overflow(batch, elements_ * static_cast<int64_t>(sizeof(float)), &bytes)) {
      fail(ErrorKind::kResource, "a batch of {} images of {} does not fit in memory", batch,
           to_string(preprocessing.output_shape()));
    }
    // One slot is with the user while the others are filled.
    slots_.resize(static_cast<size_t>(std::min<int64_t>(options_.prefetch, batches_)) + 1);
    for (Slot& slot : slots_) {
      slot.images = Buffer(static_cast<size_t>(bytes));
      slot.labels.resize(static_cast<size_t>(batch));
      slot.samples.resize(static_cast<size_t>(batch));
    }
    try {
      for (int t = 0; t < options_.threads; ++t) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      stop();
      fail(ErrorKind::kResource, "{} loader threads cannot be started: {}; try fewer", options_.threads, error.what());
    } catch (...) {
      stop();  // joining those that wait would never end
      throw;
    }
  }

  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_available_.notify_all();
    threads_.clear();  // joins
  }

  int64_t batches() const noexcept { return batches_; }

  void start_epoch(int64_t epoch, int64_t first_batch) {
    if (epoch < 0 || first_batch < 0 || first_batch > batches_) {
      fail(ErrorKind::kUsage, "an epoch cannot begin at batch {} of {} (epoch {})", first_batch, batches_, epoch);
    }
    std::vector<int64_t> order;
    if (options_.shuffle)
      order = permutation(dataset_.size(), Rng(options_.seed, Purpose::kShuffle, static_cast<uint64_t>(epoch)));
    std::unique_lock lock(mutex_);
    stop_epoch(lock);
    order_ = std::move(order);
    epoch_ = epoch;
    next_batch_ = chunk_batch_ = first_batch;
    chunk_begin_ = 0;
    freed_ = first_batch;
    end_batch_ = batches_;
    for (Slot& slot : slots_) reset(slot);
    lock.unlock();
    work_available_.notify_all();
  }

  const Batch* next() {
    std::unique_lock lock(mutex_);
    if (freed_ < next_batch_) {
      freed_ = next_batch_;  // what the last call gave is given back
      work_available_.notify_all();
    }
    if (next_batch_ >= end_batch_) return nullptr;
    Slot& slot = slot_of(next_batch_);
    batch_ready_.wait(lock, [&] { return slot.unfinished == 0; });
    if (slot.error) {
      const std::exception_ptr error = slot.error;
      stop_epoch(lock);
      std::rethrow_exception(error);
    }
    const auto count = static_cast<size_t>(count_of(next_batch_));
    batch_.index = next_batch_;
    batch_.count = static_cast<int64_t>(count);
    batch_.images = {reinterpret_cast<const float*>(slot.images.data()), count * static_cast<size_t>(elements_)};
    batch_.labels = std::span(slot.labels).first(count);
    batch_.samples = std::span(slot.samples).first(count);
    slot.unfinished = -1;  // to be filled anew
    ++next_batch_;
    return &batch_;
  }

 private:
  Slot& slot_of(int64_t batch) { return slots_[static_cast<size_t>(batch) % slots_.size()]; }

  int64_t count_of(int64_t batch) const { return std::min(options_.batch_size, dataset_.size() - batch * options_.batch_size); }

  static void reset(Slot& slot) {
    slot.unfinished = -1;
    slot.failed_at = -1;
    slot.error = nullptr;
  }

  // No chunk is handed out any more, and none is being worked on.
  void stop_epoch(std::unique_lock<std::mutex>& lock) {
    end_batch_ = 0;
    batch_ready_.wait(lock, [&] { return busy_ == 0; });
  }

  bool has_chunk() const { return chunk_batch_ < end_batch_ && chunk_batch_ < freed_ + static_cast<int64_t>(slots_.size()); }

  void work() {
    Workspace workspace;
    std::unique_lock lock(mutex_);
    for (;;) {
      work_available_.wait(lock, [&] { return stopping_ || has_chunk(); });
      if (stopping_) return;
      const int64_t batch = chunk_batch_, begin = chunk_begin_, count = count_of(batch), end = std::min(begin + kChunk, count);
      Slot& slot = slot_of(batch);
      if (begin == 0) {
        reset(slot);
        slot.unfinished = count;
      }
      chunk_begin_ = end;
      if (end == count) {
        ++chunk_batch_;
        chunk_begin_ = 0;
      }
      ++busy_;
      lock.unlock();
      std::exception_ptr error;
      try {
        for (int64_t i = begin; i < end; ++i) load(batch, i, slot, workspace);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      --busy_;
      slot.unfinished -= end - begin;
      if (error && (slot.failed_at < 0 || begin < slot.failed_at)) {
        slot.failed_at = begin;
        slot.error = error;
      }
      if (slot.unfinished == 0 || busy_ == 0) batch_ready_.notify_all();
    }
  }

  void load(int64_t batch, int64_t i, Slot& slot, Workspace& workspace) const {
    const int64_t place = batch * options_.batch_size + i;
    const int64_t sample = order_.empty() ? place : order_[static_cast<size_t>(place)];
    slot.samples[static_cast<size_t>(i)] = sample;
    slot.labels[static_cast<size_t>(i)] = dataset_.label(sample);
    dataset_.read(sample, workspace.image);
    const std::span<float> out(reinterpret_cast<float*>(slot.images.data()) + i * elements_, static_cast<size_t>(elements_));
    if (!options_.augmentation.any()) {
      prepare(sample, workspace, out);
      return;
    }
    workspace.prepared.resize(static_cast<size_t>(elements_));  // here, where a lack of memory is noted for the batch
    prepare(sample, workspace, workspace.prepared);
    augment(workspace.prepared, preprocessing_.output_shape(),
            draw_augmentation(options_.augmentation, options_.seed, epoch_, sample), out);
  }

  // The preprocessing does not know whose image it refuses.
  void prepare(int64_t sample, Workspace& workspace, std::span<float> out) const {
    try {
      preprocessing_.apply(workspace.image, out, workspace.scratch);
    } catch (const Error& error) {
      fail(error.kind(), "'{}': {}", dataset_.name(sample), error.what());
    }
  }

  const Dataset& dataset_;
  const Preprocessing preprocessing_;
  const LoaderOptions options_;
  int64_t batches_ = 0, elements_ = 0;  // batches an epoch; floats an image
  std::vector<Slot> slots_;
  Batch batch_;  // what next() gave last

  std::mutex mutex_;
  std::condition_variable work_available_, batch_ready_;
  bool stopping_ = false;
  std::vector<int64_t> order_;  // empty: as they lie
  int64_t epoch_ = 0;
  int64_t end_batch_ = 0;                      // no batch from here on; 0 while no epoch runs
  int64_t next_batch_ = 0;                     // what next() gives next
  int64_t freed_ = 0;                          // batches before this one have been given back
  int64_t chunk_batch_ = 0, chunk_begin_ = 0;  // the next chunk to hand out
  int64_t busy_ = 0;                           // chunks being worked on

  std::vector<std::jthread> threads_;  // last: they use everything above
};

Loader::Loader(const Dataset& dataset, const Preprocessing& preprocessing, const LoaderOptions& options)
    : workers_(std::make_unique<Workers>(dataset, preprocessing, options)) {}

Loader::~Loader() = default;

int64_t Loader::batches() const noexcept {
  return workers_->batches();
}

void Loader::start_epoch(int64_t epoch, int64_t first_batch) {
  workers_->start_epoch(epoch, first_batch);
}

const Batch* Loader::next() {
  return workers_->next();
}

}  // namespace residual::data
