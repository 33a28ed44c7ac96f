// Loaded into a program with LD_PRELOAD: counts its calls into the C library by kind, lets one of them fail, or kills the process
// there. Kinds: malloc, calloc, realloc, aligned, mmap, mprotect, open, read, write, fsync, rename, thread.
//   FAULTS_COUNTS=FILE  writes a line "KIND CALLS" for each kind when the program exits
//   FAULTS_FAIL=KIND:N  the Nth call of that kind fails; KIND:N+ all from the Nth on
//   FAULTS_KILL=KIND:N  SIGKILL before the Nth call of that kind; a write is half done by then
//   FAULTS_TRACE=FILE   writes the stack of the first call that fails
// Counting begins when all libraries are initialised, before the program's own initialisers; programs that it starts are left
// alone. Standard error never fails: it is where the tests look for the message.
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define FAULTS_EXPORT extern "C" __attribute__((visibility("default"), used))

// The C library's allocator under its other names.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

enum Kind : int {
  kMalloc,
  kCalloc,
  kRealloc,
  kAligned,
  kMmap,
  kMprotect,
  kOpen,
  kRead,
  kWrite,
  kFsync,
  kRename,
  kThread,
  kKinds
};
constexpr std::array<const char*, kKinds> kNames = {"malloc", "calloc", "realloc", "aligned", "mmap",   "mprotect",
                                                    "open",   "read",   "write",   "fsync",   "rename", "thread"};
// What the system says when such a call fails.
constexpr std::array<int, kKinds> kReasons = {ENOMEM, ENOMEM, ENOMEM, ENOMEM, ENOMEM, ENOMEM,
                                              EMFILE, EIO,    ENOSPC, EIO,    ENOSPC, EAGAIN};

enum class Effect { kNone, kFails, kKills };

// Plain data: nothing here may allocate.
struct Plan {
  int kind = -1;
  long nth = 0;
  bool lasting = false;
  Effect effect = Effect::kNone;
};

std::array<std::atomic<long>, kKinds> calls;
std::atomic<bool> armed{false}, traced{false};
Plan plan;

// "KIND:N" or "KIND:N+".
void read_plan(const char* text, Effect effect) {
  const char* const colon = std::strchr(text, ':');
  if (colon == nullptr) return;
  for (int kind = 0; kind < kKinds; ++kind) {
    const size_t length = std::strlen(kNames[static_cast<size_t>(kind)]);
    if (length != static_cast<size_t>(colon - text) || std::strncmp(text, kNames[static_cast<size_t>(kind)], length) != 0)
      continue;
    char* end = nullptr;
    plan = {kind, std::strtol(colon + 1, &end, 10), false, effect};
    plan.lasting = *end == '+';
  }
}

void write_trace() {
  const char* const file = std::getenv("FAULTS_TRACE");
  if (file == nullptr || traced.exchange(true)) return;
  const bool was = armed.exchange(false);
  const int to = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND, 0644));
  void* frames[64];
  ::backtrace_symbols_fd(frames, ::backtrace(frames, 64), to);
  ::syscall(SYS_close, to);
  armed = was;
}

[[noreturn]] void die() {
  for (;;) ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
}

// Counts a call and says what becomes of it; sets errno where it fails.
Effect effect_on(Kind kind) {
  if (!armed.load(std::memory_order_relaxed)) return Effect::kNone;
  const long number = ++calls[kind];
  if (plan.kind != kind || number < plan.nth || (number > plan.nth && !plan.lasting)) return Effect::kNone;
  if (plan.effect == Effect::kFails) {
    write_trace();
    errno = kReasons[kind];
  }
  return plan.effect;
}

bool fails(Kind kind) {
  const Effect effect = effect_on(kind);
  if (effect == Effect::kKills) die();
  return effect == Effect::kFails;
}

template <typename Function>
Function next(Function, const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

int mode_of(int flags, va_list more) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, int) : 0;
}

int open_at(int folder, const char* path, int flags, int mode) {
  if (fails(kOpen)) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

__attribute__((constructor)) void start() {
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // loads what it needs now
  ::unsetenv("LD_PRELOAD");
  if (const char* text = std::getenv("FAULTS_FAIL")) read_plan(text, Effect::kFails);
  if (const char* text = std::getenv("FAULTS_KILL")) read_plan(text, Effect::kKills);
  armed = true;
}

__attribute__((destructor)) void finish() {
  armed = false;
  const char* const file = std::getenv("FAULTS_COUNTS");
  if (file == nullptr) return;
  const int to = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  for (int kind = 0; kind < kKinds; ++kind)
    ::dprintf(to, "%s %ld\n", kNames[static_cast<size_t>(kind)], calls[static_cast<size_t>(kind)].load());
  ::syscall(SYS_close, to);
}

}  // namespace

FAULTS_EXPORT void* malloc(size_t bytes) noexcept {
  return fails(kMalloc) ? nullptr : __libc_malloc(bytes);
}
FAULTS_EXPORT void* calloc(size_t count, size_t bytes) noexcept {
  return fails(kCalloc) ? nullptr : __libc_calloc(count, bytes);
}
FAULTS_EXPORT void* realloc(void* memory, size_t bytes) noexcept {
  return fails(kRealloc) ? nullptr : __libc_realloc(memory, bytes);
}
FAULTS_EXPORT void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  return fails(kAligned) ? nullptr : __libc_memalign(alignment, bytes);
}
FAULTS_EXPORT void* memalign(size_t alignment, size_t bytes) noexcept {
  return fails(kAligned) ? nullptr : __libc_memalign(alignment, bytes);
}
FAULTS_EXPORT int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  if (fails(kAligned)) return ENOMEM;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}

FAULTS_EXPORT void* mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  if (fails(kMmap)) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, bytes, protection, flags, file, offset));
}
FAULTS_EXPORT void* mmap64(void* at, size_t bytes, int protection, int flags, int file, off64_t offset) noexcept {
  return mmap(at, bytes, protection, flags, file, offset);
}
FAULTS_EXPORT int mprotect(void* at, size_t bytes, int protection) noexcept {
  return fails(kMprotect) ? -1 : static_cast<int>(::syscall(SYS_mprotect, at, bytes, protection));
}

FAULTS_EXPORT int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return open_at(AT_FDCWD, path, flags, mode);
}
FAULTS_EXPORT int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return open_at(AT_FDCWD, path, flags, mode);
}
FAULTS_EXPORT int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return open_at(folder, path, flags, mode);
}
FAULTS_EXPORT int openat64(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return open_at(folder, path, flags, mode);
}
// Compiled with _FORTIFY_SOURCE, calls without a mode go here.
FAULTS_EXPORT int __open_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
FAULTS_EXPORT int __open64_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
FAULTS_EXPORT FILE* fopen(const char* path, const char* mode) {
  return fails(kOpen) ? nullptr : next(&fopen, "fopen")(path, mode);
}
FAULTS_EXPORT FILE* fopen64(const char* path, const char* mode) {
  return fails(kOpen) ? nullptr : next(&fopen64, "fopen64")(path, mode);
}
FAULTS_EXPORT DIR* opendir(const char* path) {
  return fails(kOpen) ? nullptr : next(&opendir, "opendir")(path);
}

FAULTS_EXPORT ssize_t read(int file, void* to, size_t bytes) {
  return fails(kRead) ? -1 : ::syscall(SYS_read, file, to, bytes);
}
FAULTS_EXPORT ssize_t pread(int file, void* to, size_t bytes, off_t offset) {
  return fails(kRead) ? -1 : ::syscall(SYS_pread64, file, to, bytes, offset);
}
FAULTS_EXPORT ssize_t pread64(int file, void* to, size_t bytes, off64_t offset) {
  return pread(file, to, bytes, offset);
}

FAULTS_EXPORT ssize_t write(int file, const void* from, size_t bytes) {
  const Effect effect = file == STDERR_FILENO ? Effect::kNone : effect_on(kWrite);
  if (effect == Effect::kFails) return -1;
  const ssize_t put = ::syscall(SYS_write, file, from, effect == Effect::kKills ? bytes / 2 : bytes);
  if (effect == Effect::kKills) die();
  return put;
}
FAULTS_EXPORT ssize_t pwrite(int file, const void* from, size_t bytes, off_t offset) {
  const Effect effect = effect_on(kWrite);
  if (effect == Effect::kFails) return -1;
  const ssize_t put = ::syscall(SYS_pwrite64, file, from, effect == Effect::kKills ? bytes / 2 : bytes, offset);
  if (effect == Effect::kKills) die();
  return put;
}
FAULTS_EXPORT ssize_t pwrite64(int file, const void* from, size_t bytes, off64_t offset) {
  return pwrite(file, from, bytes, offset);
}
FAULTS_EXPORT ssize_t writev(int file, const iovec* parts, int count) {
  return file != STDERR_FILENO && fails(kWrite) ? -1 : ::syscall(SYS_writev, file, parts, count);
}

FAULTS_EXPORT int fsync(int file) {
  return fails(kFsync) ? -1 : static_cast<int>(::syscall(SYS_fsync, file));
}
FAULTS_EXPORT int fdatasync(int file) {
  return fails(kFsync) ? -1 : static_cast<int>(::syscall(SYS_fdatasync, file));
}
FAULTS_EXPORT int rename(const char* from, const char* to) noexcept {
  return fails(kRename) ? -1 : static_cast<int>(::syscall(SYS_rename, from, to));
}

FAULTS_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                                 void* argument) noexcept {
  return fails(kThread) ? EAGAIN : next(&pthread_create, "pthread_create")(thread, attributes, run, argument);
}
