#include "io/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "core/system/file.h"
#include "core/system/system_error.h"

namespace residual::io {
namespace {

void read_at(int descriptor, const std::string& name, uint64_t offset, std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t got = ::pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(kind_of(errno, ErrorKind::kBadFile), "cannot read '{}': {}", name, std::strerror(errno));
    if (got == 0) fail(ErrorKind::kBadFile, "'{}' shrank while it was read", name);
    offset += static_cast<uint64_t>(got);
    to = to.subspan(static_cast<size_t>(got));
  }
}

Source open_source(const std::filesystem::path& path, bool map) {
  // O_NONBLOCK: a pipe of that name must not make us wait for a writer.
  const auto file = std::make_shared<const Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (file->get() < 0 || ::fstat(file->get(), &status) != 0) {
    fail(kind_of(errno, ErrorKind::kBadFile), "cannot open '{}': {}", path.string(), std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) fail(ErrorKind::kBadFile, "'{}' is not a regular file", path.string());
  const auto size = static_cast<uint64_t>(status.st_size);
  return {path.string(), size,
          [file, name = path.string()](uint64_t offset, std::span<std::byte> to) { read_at(file->get(), name, offset, to); },
          map ? map_file(*file, size) : nullptr};
}

}  // namespace

Source file_source(const std::filesystem::path& path) {
  return open_source(path, false);
}

Source mapped_source(const std::filesystem::path& path) {
  return open_source(path, true);
}

Source memory_source(std::span<const std::byte> bytes, std::string_view name) {
  return {std::string(name), bytes.size(), [bytes](uint64_t offset, std::span<std::byte> to) {
            if (!to.empty()) std::memcpy(to.data(), bytes.data() + offset, to.size());
          }};
}

}  // namespace residual::io
