#include "train/run/metrics_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/system/file.h"

namespace residual::train {
MetricsFile::MetricsFile(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  struct stat status{};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    cannot_write(path_, error);
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

MetricsFile MetricsFile::open(const std::filesystem::path& path) {
  return MetricsFile(path);
}

MetricsFile::MetricsFile(MetricsFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

MetricsFile& MetricsFile::operator=(MetricsFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

MetricsFile::~MetricsFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void MetricsFile::append(const nlohmann::ordered_json& line) {
  // Texts may be folder names, which need not be UTF-8.
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = ::pwrite(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(size_ + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int error = errno;
      if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) cannot_write(path_, errno);
      cannot_write(path_, error);
    }
    done += static_cast<size_t>(put);
  }
  size_ += text.size();
}

void MetricsFile::sync() {
  if (::fsync(descriptor_) != 0) cannot_write(path_, errno);
}

void MetricsFile::truncate_to(uint64_t bytes) {
  if (bytes > size_) {
    fail(ErrorKind::kBadFile, "'{}' has {} bytes, the checkpoint was written after {}; was it edited? Start afresh",
         path_.string(), size_, bytes);
  }
  char last = '\n';
  if (bytes > 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(bytes - 1)) != 1) {
    fail(ErrorKind::kBadFile, "cannot read '{}': {}", path_.string(), std::strerror(errno));
  }
  if (last != '\n') {
    fail(ErrorKind::kBadFile,
         "'{}' has no line that ends at byte {}, where the checkpoint was written; was it edited? Start afresh", path_.string(),
         bytes);
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) cannot_write(path_, errno);
  size_ = bytes;
}

void MetricsFile::truncate_to_lines(uint64_t bytes) {
  std::string text(static_cast<size_t>(std::min(bytes, size_)), '\0');
  const ssize_t got = ::pread(descriptor_, text.data(), text.size(), 0);
  if (got < 0) fail(ErrorKind::kBadFile, "cannot read '{}': {}", path_.string(), std::strerror(errno));
  text.resize(static_cast<size_t>(got));
  text.resize(std::min(text.find('\0'), text.size()));  // a file system that lost bytes may give zeros
  const size_t end = text.rfind('\n');
  size_ = end == std::string::npos ? 0 : end + 1;
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) cannot_write(path_, errno);
}

}  // namespace residual::train
