#include "train/run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/error.h"

namespace residual::train {
namespace {

// The process that wrote itself into the file; "" where it has not yet.
std::string holder(int file) {
  char text[32];
  const ssize_t got = ::pread(file, text, sizeof text, 0);
  const std::string_view line(text, got > 0 ? static_cast<size_t>(got) : 0);
  return std::string(line.substr(0, line.find_first_not_of("0123456789")));
}

[[noreturn]] void refuse(const std::filesystem::path& folder, const std::string& process) {
  fail(ErrorKind::kUsage, "another run writes into '{}'{}; wait until it ends, or choose another output folder", folder.string(),
       process.empty() ? "" : fmt::format(": process {}", process));
}

// A run that ends removes its file: a file that was locked may have lost its name meanwhile.
bool is_at(int file, const std::filesystem::path& path) {
  struct stat opened{}, named{};
  return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

int open_locked(const std::filesystem::path& folder, const std::filesystem::path& path) {
  for (;;) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) cannot_write(path, errno);
    while (::flock(file, LOCK_EX | LOCK_NB) != 0 && errno != ENOLCK && errno != EOPNOTSUPP) {  // a file system without locks
      if (errno == EINTR) continue;
      const std::string process = holder(file);
      ::close(file);
      refuse(folder, process);
    }
    if (is_at(file, path)) return file;
    ::close(file);
  }
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder)
    : path_(folder / "run.lock"), file_(open_locked(folder, path_)), process_file_(path_) {
  const std::string process = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file_.get(), 0) != 0 || ::pwrite(file_.get(), process.data(), process.size(), 0) < 0)
    cannot_write(path_, errno);
}

RunLock::~RunLock() {
  ::unlink(path_.c_str());  // while it is locked, so that no other run has it
}

}  // namespace residual::train
