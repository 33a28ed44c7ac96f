#include "core/system/abandon.h"

#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

namespace residual {
namespace {

struct Held {
  std::mutex mutex;
  std::condition_variable saved;
  int unsaved = 0;
  std::multiset<std::filesystem::path> files;
};

Held& held() {
  static Held* const all = new Held;  // never destroyed: objects that are destroyed at exit use it
  return *all;
}

void wait_until_saved(std::unique_lock<std::mutex>& lock) noexcept {
  held().saved.wait(lock, [] { return held().unsaved == 0; });
}

}  // namespace

UnsavedWork::UnsavedWork() {
  const std::lock_guard lock(held().mutex);
  ++held().unsaved;
}

UnsavedWork::~UnsavedWork() {
  const std::lock_guard lock(held().mutex);
  --held().unsaved;
  held().saved.notify_all();
}

ProcessFile::ProcessFile(std::filesystem::path path) : path_(std::move(path)) {
  const std::lock_guard lock(held().mutex);
  held().files.insert(path_);
}

ProcessFile::~ProcessFile() {
  const std::lock_guard lock(held().mutex);
  held().files.erase(held().files.find(path_));
}

bool wait_for_unsaved_work() noexcept {
  std::unique_lock lock(held().mutex);
  const bool any = held().unsaved > 0;
  wait_until_saved(lock);
  return any;
}

void abandon_work() noexcept {
  std::unique_lock lock(held().mutex);
  wait_until_saved(lock);
  for (const std::filesystem::path& file : held().files) ::unlink(file.c_str());
  static_cast<void>(lock.release());
}

}  // namespace residual
