#include "data/loading/pass.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "core/error.h"

namespace residual::data {
namespace {

class Pass {
 public:
  Pass(int64_t count, int threads) : count_(count), running_(threads) {}

  // On each thread: index after index until there are no more.
  template <typename Work>
  void run(Work work) {
    try {
      for (int64_t index = 0; !stopped_ && (index = next_.fetch_add(1)) < count_; ++done_) {
        try {
          work(index);
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::kBadFile) throw;
          const std::lock_guard lock(mutex_);
          broken_.emplace_back(index, error.what());
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped_ = true;
    }
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_one();
  }

  // On the caller's: until all threads have ended.
  void wait(const PassObserver& observer) {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, std::chrono::milliseconds(50), [&] { return running_ == 0; })) {
      lock.unlock();
      if (observer.progress) observer.progress(std::min<int64_t>(done_, count_), count_);
      if (observer.stop && observer.stop()) interrupted_ = stopped_ = true;
      lock.lock();
    }
  }

  std::vector<std::pair<int64_t, std::string>> broken() {
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_) fail(ErrorKind::kInterrupted, "interrupted");
    std::ranges::sort(broken_);
    return std::move(broken_);
  }

 private:
  const int64_t count_;
  std::atomic<int64_t> next_ = 0, done_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_;
  bool interrupted_ = false;
  std::exception_ptr failure_;
  std::vector<std::pair<int64_t, std::string>> broken_;
};

}  // namespace

std::vector<BrokenImage> over_images(int64_t count, int threads, const PassObserver& observer,
                                     const std::function<void(int thread, int64_t index, Image& image)>& work,
                                     const std::function<std::string(int64_t index)>& name) {
  threads = static_cast<int>(std::clamp<int64_t>(count, 1, threads));
  Pass pass(count, threads);
  {
    std::vector<std::jthread> team;
    for (int thread = 0; thread < threads; ++thread) {
      team.emplace_back([&pass, &work, thread] {
        Image image;
        pass.run([&](int64_t index) { work(thread, index, image); });
      });
    }
    pass.wait(observer);
  }
  std::vector<BrokenImage> result;
  for (auto& [index, why] : pass.broken()) result.push_back({name(index), std::move(why)});
  return result;
}

}  // namespace residual::data
