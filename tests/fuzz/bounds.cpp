// Stands between the fuzzer and each target (the linker's --wrap), and holds every input to bounds that a reader of foreign bytes
// has to keep: one second of processor time, sanitizers included, and at no moment more than the input's size and 64 MiB of
// memory.
#include <sanitizer/allocator_interface.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

extern "C" int __real_LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int64_t kMemory = int64_t{64} << 20;
constexpr double kSeconds = 1;

// Bytes that are allocated now and were not before this input, and the most there were.
std::atomic<int64_t> held, most;

void allocated(const volatile void*, size_t bytes) {
  const int64_t now = held += static_cast<int64_t>(bytes);
  if (now > most) most = now;
}

void freed(const volatile void* memory) {
  const void* bytes = const_cast<const void*>(memory);
  if (bytes != nullptr) held -= static_cast<int64_t>(__sanitizer_get_allocated_size(bytes));
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

extern "C" int __wrap_LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  if (installed == 0) std::abort();
  held = most = 0;
  const double start = processor_seconds();
  const int result = __real_LLVMFuzzerTestOneInput(data, size);
  const double seconds = processor_seconds() - start;
  if (most > static_cast<int64_t>(size) + kMemory) {
    std::fprintf(stderr, "an input of %zu bytes made its reader hold %lld bytes\n", size, static_cast<long long>(most));
    std::abort();
  }
  if (seconds > kSeconds) {
    std::fprintf(stderr, "an input of %zu bytes took its reader %.2f s\n", size, seconds);
    std::abort();
  }
  return result;
}
