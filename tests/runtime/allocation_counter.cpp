#include "runtime/allocation_counter.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>

namespace {

// Callers by address; an array of fixed size, because counting must not allocate.
constexpr size_t kMost = 1 << 16;
std::atomic<bool> counting{false};
std::atomic<size_t> count{0};
std::array<void*, kMost> callers;

void note(void* caller) {
  if (!counting.load(std::memory_order_relaxed)) return;
  if (const size_t index = count++; index < kMost) callers[index] = caller;
}

void* from_new(size_t bytes, size_t alignment, void* caller) noexcept;

void* from_new_or_throw(size_t bytes, size_t alignment, void* caller) {
  void* const memory = from_new(bytes, alignment, caller);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__

namespace {
void* from_new(size_t bytes, size_t alignment, void* caller) noexcept {
  note(caller);
  void* memory = nullptr;
  return ::posix_memalign(&memory, alignment, bytes == 0 ? 1 : bytes) == 0 ? memory : nullptr;
}
}  // namespace

#else

// The C library's implementations, under their alternative names.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

#define REPLACES_THE_LIBRARYS __attribute__((visibility("default"), used))

REPLACES_THE_LIBRARYS void* malloc(size_t bytes) noexcept {
  note(__builtin_return_address(0));
  return __libc_malloc(bytes);
}
REPLACES_THE_LIBRARYS void* calloc(size_t elements, size_t bytes) noexcept {
  note(__builtin_return_address(0));
  return __libc_calloc(elements, bytes);
}
REPLACES_THE_LIBRARYS void* realloc(void* memory, size_t bytes) noexcept {
  note(__builtin_return_address(0));
  return __libc_realloc(memory, bytes);
}
REPLACES_THE_LIBRARYS void* aligned_alloc(size_t alignment, size_t bytes) noexcept {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
REPLACES_THE_LIBRARYS void* memalign(size_t alignment, size_t bytes) noexcept {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}
REPLACES_THE_LIBRARYS int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  note(__builtin_return_address(0));
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}
REPLACES_THE_LIBRARYS void* mmap(void* at, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  note(__builtin_return_address(0));
  return reinterpret_cast<void*>(::syscall(SYS_mmap, at, bytes, protection, flags, file, offset));
}
}

namespace {
void* from_new(size_t bytes, size_t alignment, void* caller) noexcept {
  note(caller);
  return __libc_memalign(alignment, bytes == 0 ? 1 : bytes);
}
}  // namespace

#endif

namespace {
constexpr size_t kUsual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
}

void* operator new(size_t bytes) {
  return from_new_or_throw(bytes, kUsual, __builtin_return_address(0));
}
void* operator new[](size_t bytes) {
  return from_new_or_throw(bytes, kUsual, __builtin_return_address(0));
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return from_new_or_throw(bytes, static_cast<size_t>(alignment), __builtin_return_address(0));
}
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return from_new_or_throw(bytes, static_cast<size_t>(alignment), __builtin_return_address(0));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return from_new(bytes, kUsual, __builtin_return_address(0));
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return from_new(bytes, kUsual, __builtin_return_address(0));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace residual::support {

AllocationCounter::AllocationCounter() {
  count = 0;
  counting = true;
}

AllocationCounter::~AllocationCounter() {
  counting = false;
}

Allocations AllocationCounter::stop() {
  counting = false;
  Allocations found;
  for (size_t i = 0; i < std::min(count.load(), kMost); ++i) {
    Dl_info info{};
    const bool known = ::dladdr(callers[i], &info) != 0 && info.dli_fname != nullptr;
    ++found[known ? std::filesystem::path(info.dli_fname).filename().string() : "?"];
  }
  if (count > kMost) found["more than are listed"] = static_cast<int64_t>(count - kMost);
  return found;
}

}  // namespace residual::support
