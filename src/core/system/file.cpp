#include "core/system/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/system/abandon.h"
#include "core/system/system_error.h"

namespace residual {
namespace {

constexpr std::string_view kMark = ".part.";  // then the process that writes, and a count

// Creates a file and locks it, which tells remove_leftovers that its writer lives; -1 and errno where it cannot be created.
int create_locked(const std::filesystem::path& path) {
  for (;;) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    ::flock(file, LOCK_EX);  // without effect where the file system has no locks
    struct stat status{};
    if (::fstat(file, &status) != 0 || status.st_nlink > 0) return file;
    ::close(file);  // it was removed before it was locked
  }
}

// Whether nobody writes the file any more. Where the file system has no locks, a living process of that number is its writer.
bool is_abandoned(const std::filesystem::path& path, pid_t writer) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return false;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  return errno != EWOULDBLOCK && ::kill(writer, 0) != 0 && errno == ESRCH;
}

std::string reason() {
  return std::strerror(errno);
}

// The file that a symbolic link leads to, which need not be there yet.
std::filesystem::path behind_links(std::filesystem::path path) {
  constexpr int kMostLinks = 40;  // as Linux follows
  for (int links = 0;; ++links) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) return path;
    if (links == kMostLinks) cannot_write(path, ELOOP);
    path = path.parent_path() / target;
  }
}

// The permissions of a file that is there.
std::optional<mode_t> mode_of(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional<mode_t>(status.st_mode & 0777) : std::nullopt;
}

// Removes the temporary files in `folder` whose process has ended: all, or those of the file `name`.
void remove_leftovers_of(const std::filesystem::path& folder, std::string_view name) noexcept {
  try {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, ignored)) {
      const std::string temporary = entry.path().filename().string();
      const size_t mark = temporary.rfind(kMark);
      if (mark == std::string::npos || (!name.empty() && name != std::string_view(temporary).substr(0, mark))) continue;
      pid_t writer = 0;
      const char* const end = temporary.data() + temporary.size();
      const auto [last, error] = std::from_chars(temporary.data() + mark + kMark.size(), end, writer);
      if (error != std::errc{} || last == end || *last != '.' || writer <= 0) continue;
      if (is_abandoned(entry.path(), writer)) std::filesystem::remove(entry.path(), ignored);
    }
  } catch (...) {
    return;  // the files stay and do no harm
  }
}

}  // namespace

void cannot_write(const std::filesystem::path& path, int error) {
  fail(ErrorKind::kResource, "cannot write '{}': {}; is the folder writable and is there space on the disk?", path.string(),
       std::strerror(error));
}

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Descriptor::close() noexcept {
  return ::close(std::exchange(descriptor_, -1)) == 0;
}

std::vector<std::byte> read_file(const std::filesystem::path& path, size_t limit) {
  // O_NONBLOCK: a pipe of that name must not make us wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    fail(kind_of(errno, ErrorKind::kBadFile), "cannot open '{}': {}", path.string(), reason());
  if (!S_ISREG(status.st_mode)) fail(ErrorKind::kBadFile, "'{}' is not a regular file", path.string());
  const auto size = static_cast<size_t>(status.st_size);
  if (size > limit) fail(ErrorKind::kBadFile, "'{}' has {} bytes, at most {} are expected here", path.string(), size, limit);
  std::vector<std::byte> bytes(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(kind_of(errno, ErrorKind::kBadFile), "cannot read '{}': {}", path.string(), reason());
    if (got == 0) fail(ErrorKind::kBadFile, "'{}' shrank from {} to {} bytes while it was read", path.string(), size, done);
    done += static_cast<size_t>(got);
  }
  return bytes;
}

std::shared_ptr<std::byte> map_file(const Descriptor& file, size_t bytes) noexcept {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.get(), 0);
  if (memory == MAP_FAILED) return nullptr;
  try {
    return {static_cast<std::byte*>(memory), [bytes](std::byte* mapped) { ::munmap(mapped, bytes); }};
  } catch (const std::bad_alloc&) {  // the pointer's destructor has unmapped the memory
    return nullptr;
  }
}

void replace_file(const std::filesystem::path& link, const std::function<void(const ByteSink&)>& write) {
  const std::filesystem::path path = behind_links(link);
  std::filesystem::path temporary = path;
  static std::atomic<unsigned> count{0};  // writers of one file in one process must not share a temporary file
  temporary += std::string(kMark) + std::to_string(::getpid()) + "." + std::to_string(count++);
  remove_leftovers_of(path.parent_path(), path.filename().native());
  const ProcessFile removed_with_the_process(temporary);
  std::optional<Descriptor> file;
  const auto create = [&] {
    file.emplace(create_locked(temporary));
    if (file->get() < 0) cannot_write(path, errno);
    if (const std::optional<mode_t> mode = mode_of(path); mode && ::fchmod(file->get(), *mode) != 0) cannot_write(path, errno);
  };
  try {
    write([&](std::span<const std::byte> bytes) {
      if (!file) create();  // not earlier: a process that ends before its first bytes leaves nothing
      while (!bytes.empty()) {
        const ssize_t put = ::write(file->get(), bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) cannot_write(path, errno);
        bytes = bytes.subspan(static_cast<size_t>(put));
      }
    });
    if (!file) create();
    if (::fsync(file->get()) != 0 || !file->close()) cannot_write(path, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) cannot_write(path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.parent_path());
}

void replace_file(const std::filesystem::path& path, std::string_view text) {
  replace_file(path, [&](const ByteSink& sink) { sink(std::as_bytes(std::span(text))); });
}

void sync_folder(const std::filesystem::path& folder) noexcept {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

void remove_leftovers(const std::filesystem::path& folder) noexcept {
  remove_leftovers_of(folder, {});
}

}  // namespace residual
