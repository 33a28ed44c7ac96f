#include "eval/images/image_stream.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "core/limits.h"
#include "eval/images/load_image.h"
#include "eval/predict.h"

namespace residual::eval {
namespace {

constexpr size_t kSlots = 3;  // one batch that the network reads and two that the threads prepare

class Stream {
 public:
  Stream(const Model& model, std::span<const StreamedImage> images, const StreamOptions& options)
      : model_(model),
        images_(images),
        upright_(options.exif_orientation.value_or(model.preprocessing.exif_orientation())),
        shared_(options.shared ? options.shared : std::make_shared<SharedInference>(model.architecture, model.state)),
        inference_(*shared_, options.batch_size, options.target, {.input_slots = static_cast<int>(kSlots)}),
        batch_(static_cast<size_t>(options.batch_size)),
        elements_(inference_.images().size() / batch_) {
    for (size_t slot = 0; slot < kSlots; ++slot) slots_[slot] = {std::vector<std::optional<Error>>(batch_), size_of(slot)};
    try {
      for (int i = 0; i < options.loader_threads; ++i) threads_.emplace_back([this] { prepare_images(); });
    } catch (...) {  // no thread to be had: those that were started end
      stop();
      throw;
    }
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { stop(); }

  size_t batches() const { return (images_.size() + batch_ - 1) / batch_; }

  // Waits for the next batch, computes it and calls use(index, error, logits) for each of its images.
  template <typename Use>
  void next(Use&& use) {
    Slot& slot = slots_[done_ % kSlots];
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return slot.missing == 0 || failure_; });
      if (failure_) std::rethrow_exception(failure_);
    }
    inference_.run(static_cast<int>(done_ % kSlots));
    const auto classes = static_cast<size_t>(model_.architecture.classes);
    for (size_t row = 0; row < size_of(done_); ++row)
      use(done_ * batch_ + row, slot.errors[row], inference_.logits().subspan(row * classes, classes));
    const std::lock_guard lock(mutex_);
    slot.missing = size_of(done_ + kSlots);
    ++done_;
    changed_.notify_all();
  }

 private:
  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  struct Slot {
    std::vector<std::optional<Error>> errors;  // of each image of its batch
    size_t missing = 0;                        // images that are not prepared yet
  };
  // Images of a batch; the last one may be partial.
  size_t size_of(size_t batch) const { return std::min(batch_, images_.size() - std::min(images_.size(), batch * batch_)); }

  // What every thread does until no image is left.
  void prepare_images() {
    LoadScratch scratch;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return stopped_ || claimed_ == images_.size() || claimed_ / batch_ < done_ + kSlots; });
      if (stopped_ || claimed_ == images_.size()) return;
      const size_t index = claimed_++;
      lock.unlock();
      std::optional<Error> error;
      std::exception_ptr failure;
      try {
        error = prepare(index, scratch);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      Slot& slot = slots_[index / batch_ % kSlots];
      slot.errors[index % batch_] = std::move(error);
      if (failure) failure_ = failure;
      if (--slot.missing == 0 || failure) changed_.notify_all();
      if (failure) return;
    }
  }

  // The image's row of the batch; an error where the image itself is to blame.
  std::optional<Error> prepare(size_t index, LoadScratch& scratch) {
    const StreamedImage& image = images_[index];
    const std::span<float> row =
        inference_.images(static_cast<int>(index / batch_ % kSlots)).subspan(index % batch_ * elements_, elements_);
    try {
      const std::vector<std::byte> bytes = image.read();
      load_image(model_, EncodedImage{bytes, image.name}, upright_, row, scratch);
      return std::nullopt;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBadFile) throw;
      std::ranges::fill(row, 0.0F);
      return error;
    }
  }

  const Model& model_;
  std::span<const StreamedImage> images_;
  bool upright_;
  std::shared_ptr<SharedInference> shared_;
  Inference inference_;
  size_t batch_, elements_;  // images a batch, floats an image
  Slot slots_[kSlots];
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t claimed_ = 0, done_ = 0;  // images that a thread has taken; batches that were used
  bool stopped_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;  // last: they end before the rest does
};

void check(const StreamOptions& options) {
  if (options.batch_size < 0 || options.batch_size > kMostBatch)
    fail(ErrorKind::kUsage, "the batch size is {}, expected 1 to {}", options.batch_size, kMostBatch);
  if (options.loader_threads < 1 || options.loader_threads > kMostLoaderThreads)
    fail(ErrorKind::kUsage, "{} loader threads, expected 1 to {}", options.loader_threads, kMostLoaderThreads);
  if (options.top < 1) fail(ErrorKind::kUsage, "the number of classes to predict is {}, at least 1 is expected", options.top);
}

}  // namespace

int64_t default_stream_batch(size_t images) {
  constexpr size_t kMany = 64;
  return images < kMany ? 1 : 32;
}

void predict_stream(const Model& model, std::span<const StreamedImage> images, const StreamOptions& options,
                    const std::function<void(const StreamedResult&)>& use) {
  check(options);
  if (images.empty()) return;
  StreamOptions settled = options;
  if (settled.batch_size == 0) settled.batch_size = default_stream_batch(images.size());
  settled.batch_size = std::min(settled.batch_size, static_cast<int64_t>(images.size()));
  Stream stream(model, images, settled);
  std::vector<int64_t> order(static_cast<size_t>(std::min(options.top, model.architecture.classes)));
  for (size_t batch = 0; batch < stream.batches(); ++batch) {
    stream.next([&](size_t index, const std::optional<Error>& error, std::span<const float> logits) {
      StreamedResult result{index, {}, error};
      if (!error) result.predictions = likeliest(model, logits, order);
      use(result);
    });
  }
}

}  // namespace residual::eval
