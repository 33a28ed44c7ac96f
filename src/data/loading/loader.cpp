#include "data/loading/loader.h"

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
#include "core/tensor/tensor.h"
#include "data/loading/batches.h"

namespace residual::data {
namespace {

constexpr int64_t kChunk = 16;          // images that a thread takes at a time
constexpr int64_t kMostWorld = 65'536;  // ranks

// One batch's memory; batch b lies in slot b % slots.
struct Slot {
  StagingSlot memory;            // the caller's, or the two below
  Buffer images;                 // batch_size,C,H,W floats
  std::vector<int64_t> labels;   // batch_size
  std::vector<int64_t> samples;  // batch_size
  int64_t unfinished = -1;       // images; -1 until a thread takes its first chunk
  int64_t failed_at = -1;        // the first image of the chunk that failed, -1 while none has
  std::exception_ptr error;
};

// What each thread works with.
struct Workspace {
  Image image;
  TransformList::Scratch scratch;
};

void check(const LoaderOptions& options, const Dataset& dataset) {
  if (options.batch_size < 1) fail(ErrorKind::kUsage, "the batch size is {}, expected at least 1", options.batch_size);
  if (options.threads < 1 || options.threads > 1024)
    fail(ErrorKind::kUsage, "{} loader threads, expected 1 to 1024", options.threads);
  if (options.prefetch < 1 || options.prefetch > 1024)
    fail(ErrorKind::kUsage, "{} batches ahead, expected 1 to 1024", options.prefetch);
  if (options.world < 1 || options.world > kMostWorld)
    fail(ErrorKind::kUsage, "the loader's world has {} ranks, expected 1 to {}", options.world, kMostWorld);
  if (options.rank < 0 || options.rank >= options.world)
    fail(ErrorKind::kUsage, "the loader's rank is {}, expected 0 to {}", options.rank, options.world - 1);
  if (options.batch_size > INT64_MAX / options.world)
    fail(ErrorKind::kUsage, "{} ranks cannot share batches of {} images each", options.world, options.batch_size);
  if (dataset.size() < 1) fail(ErrorKind::kUsage, "a data set without images cannot be loaded");
  if (options.drop_last && dataset.size() < options.batch_size * options.world) {
    fail(ErrorKind::kUsage,
         "{} images do not fill one batch of {}, and batches that are not full are omitted; choose a smaller batch size",
         dataset.size(), options.batch_size * options.world);
  }
}

// One slot is with the caller while the others are filled.
std::vector<Slot> own_slots(size_t count, int64_t batch, const Shape& image) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(batch, image.elements() * static_cast<int64_t>(sizeof(float)), &bytes))
    fail(ErrorKind::kResource, "a batch of {} images of {} does not fit in memory", batch, to_string(image));
  std::vector<Slot> slots(count);
  for (Slot& slot : slots) {
    slot.images = Buffer(static_cast<size_t>(bytes));
    slot.memory.images = {reinterpret_cast<float*>(slot.images.data()), static_cast<size_t>(batch * image.elements())};
  }
  return slots;
}

std::vector<Slot> callers_slots(const std::vector<StagingSlot>& given, int64_t batch, const Shape& image) {
  std::vector<Slot> slots(given.size());
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto& [images, labels] = slots[i].memory = given[i];
    if (static_cast<int64_t>(images.size()) / image.elements() < batch ||
        (!labels.empty() && static_cast<int64_t>(labels.size()) < batch)) {
      fail(ErrorKind::kUsage, "staging slot {} has space for {} floats and {} labels, a batch has {} images of {}", i,
           images.size(), labels.size(), batch, to_string(image));
    }
  }
  return slots;
}

}  // namespace

// One mutex guards everything but the memory of chunks being worked on. Threads take chunks in order; a batch's chunks only when
// its slot is free, that is when the batch `slots` before it has been given back.
class Loader::Workers {
 public:
  Workers(const Dataset& dataset, TransformList transforms, LoaderOptions options)
      : dataset_(dataset), transforms_(std::move(transforms)), options_(std::move(options)) {
    check(options_, dataset);
    batches_ = {dataset.size(), options_.batch_size, options_.world, options_.rank, options_.drop_last};
    elements_ = transforms_.output_shape().elements();
    const int64_t batch = std::min(options_.batch_size, dataset.size());
    if (options_.slots.empty()) {
      slots_ = own_slots(static_cast<size_t>(std::min<int64_t>(options_.prefetch, batches_.count())) + 1, batch,
                         transforms_.output_shape());
    } else {
      slots_ = callers_slots(options_.slots, batch, transforms_.output_shape());
    }
    for (Slot& slot : slots_) {
      slot.samples.resize(static_cast<size_t>(batch));
      if (!slot.memory.labels.empty()) continue;
      slot.labels.resize(static_cast<size_t>(batch));
      slot.memory.labels = slot.labels;
    }
    start_threads();
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

  int64_t batches() const noexcept { return batches_.count(); }

  void start_epoch(int64_t epoch, int64_t first_batch) {
    if (epoch < 0 || first_batch < 0 || first_batch > batches()) {
      fail(ErrorKind::kUsage, "an epoch cannot begin at batch {} of {} (epoch {})", first_batch, batches(), epoch);
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
    end_batch_ = batches();
    for (Slot& slot : slots_) reset(slot);
    lock.unlock();
    work_available_.notify_all();
  }

  const Batch* next() {
    std::unique_lock lock(mutex_);
    if (freed_ < next_batch_) {
      freed_ = next_batch_;  // the batch of the last call is given back
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
    const auto count = static_cast<size_t>(batches_.size(next_batch_));
    batch_.index = next_batch_;
    batch_.slot = static_cast<size_t>(next_batch_) % slots_.size();
    batch_.count = static_cast<int64_t>(count);
    batch_.images = slot.memory.images.first(count * static_cast<size_t>(elements_));
    batch_.labels = slot.memory.labels.first(count);
    batch_.samples = std::span(slot.samples).first(count);
    slot.unfinished = -1;  // to be filled anew
    ++next_batch_;
    return &batch_;
  }

 private:
  Slot& slot_of(int64_t batch) { return slots_[static_cast<size_t>(batch) % slots_.size()]; }

  static void reset(Slot& slot) {
    slot.unfinished = -1;
    slot.failed_at = -1;
    slot.error = nullptr;
  }

  void start_threads() {
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

  // No thread takes a chunk any more, and none works on one.
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
      const int64_t batch = chunk_batch_, begin = chunk_begin_, count = batches_.size(batch),
                    end = std::min(begin + kChunk, count);
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

  // Image i of a batch.
  void load(int64_t batch, int64_t i, Slot& slot, Workspace& workspace) const {
    const int64_t position = batches_.begin(batch) + i;
    const int64_t sample = order_.empty() ? position : order_[static_cast<size_t>(position)];
    slot.samples[static_cast<size_t>(i)] = sample;
    slot.memory.labels[static_cast<size_t>(i)] = dataset_.label(sample);
    dataset_.read(sample, workspace.image);
    const auto elements = static_cast<size_t>(elements_);
    const std::span<float> out = slot.memory.images.subspan(static_cast<size_t>(i) * elements, elements);
    Rng rng(options_.seed, Purpose::kAugment, static_cast<uint64_t>(epoch_), static_cast<uint64_t>(sample));
    try {
      transforms_.apply(workspace.image, out, workspace.scratch, rng);
    } catch (const Error& error) {  // the transforms do not know whose image they refuse
      fail(error.kind(), "'{}': {}", dataset_.name(sample), error.what());
    }
  }

  const Dataset& dataset_;
  const TransformList transforms_;
  const LoaderOptions options_;
  Batches batches_;
  int64_t elements_ = 0;  // floats an image
  std::vector<Slot> slots_;
  Batch batch_;  // what next() gave last

  std::mutex mutex_;
  std::condition_variable work_available_, batch_ready_;
  bool stopping_ = false;
  std::vector<int64_t> order_;  // of the samples; empty: by index
  int64_t epoch_ = 0;
  int64_t end_batch_ = 0;                      // no batch from here on; 0 while no epoch runs
  int64_t next_batch_ = 0;                     // what next() gives next
  int64_t freed_ = 0;                          // batches before this one have been given back
  int64_t chunk_batch_ = 0, chunk_begin_ = 0;  // the next chunk to take
  int64_t busy_ = 0;                           // chunks being worked on

  std::vector<std::jthread> threads_;  // last: they use everything above
};

Loader::Loader(const Dataset& dataset, TransformList transforms, LoaderOptions options)
    : workers_(std::make_unique<Workers>(dataset, std::move(transforms), std::move(options))) {}

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
