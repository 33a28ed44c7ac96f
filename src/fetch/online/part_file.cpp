#include "fetch/online/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/system/file.h"
#include "fetch/online/sha256.h"

namespace residual::fetch {

PartFile::PartFile(std::filesystem::path path, const std::function<void()>& waiting) : path_(std::move(path)), part_(path_) {
  part_ += ".part";
  while (!open_and_lock()) {
    waiting();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

PartFile::~PartFile() {
  if (file_ && size_ == 0) discard();
}

// False while somebody else has it.
bool PartFile::open_and_lock() {
  file_.emplace(::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (file_->get() < 0) cannot_write(part_, errno);
  const bool locked = ::flock(file_->get(), LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno != EWOULDBLOCK && errno != EINTR) cannot_write(part_, errno);
  // Whoever had the lock may have renamed the file or taken it away meanwhile: then another one has the name now.
  struct stat mine{}, named{};
  const bool same = locked && ::fstat(file_->get(), &mine) == 0 && ::stat(part_.c_str(), &named) == 0 &&
                    mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
  if (!same) {
    file_.reset();
    return false;
  }
  if (!S_ISREG(mine.st_mode)) fail(ErrorKind::kResource, "'{}' is not a regular file; remove it", part_.string());
  size_ = mine.st_size;
  return true;
}

std::string PartFile::sha256() const {
  return sha256_of(file_->get());
}

void PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_->get(), bytes.data(), bytes.size(), size_);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) cannot_write(part_, errno);
    size_ += put;
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

void PartFile::clear() {
  if (::ftruncate(file_->get(), 0) != 0) cannot_write(part_, errno);
  size_ = 0;
}

void PartFile::discard() noexcept {
  if (named_) ::unlink(part_.c_str());
  named_ = false;  // the name may be another process's now
}

void PartFile::finish() {
  if (::fsync(file_->get()) != 0 || ::rename(part_.c_str(), path_.c_str()) != 0) cannot_write(path_, errno);
  named_ = false;
  sync_folder(path_.parent_path());
}

}  // namespace residual::fetch
