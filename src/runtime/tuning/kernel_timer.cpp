#include "runtime/tuning/kernel_timer.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>

#include "core/tensor/tensor.h"
#include "core/threads/spinning.h"
#include "core/threads/threads.h"
#include "runtime/memory/arena_offsets.h"

namespace residual {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr size_t kChunk = size_t{16} << 20;  // bytes filled between two questions whether to stop

// Values typical of a network: small, of both signs, never denormal. Integers are zero, a valid label or index everywhere.
void fill_host(std::byte* data, size_t bytes, DType type) {
  if (type != DType::kF32) {
    std::memset(data, 0, bytes);
    return;
  }
  auto* values = reinterpret_cast<float*>(data);
  parallel_for(
      static_cast<int64_t>(bytes / sizeof(float)),
      [&](int64_t begin, int64_t end) {
        for (auto i = static_cast<uint64_t>(begin); i < static_cast<uint64_t>(end); ++i)
          values[i] = (static_cast<float>(i * 2654435761u % 1024) - 511.5f) / 512.f;
      },
      1 << 16);
}

// Throws Error (kResource) for a lack of memory, which must not decide among kernels; false for any other failure.
bool succeeded(const KernelStatus& status, const Implementation& implementation) {
  if (status.kind == KernelStatus::Kind::kOutOfMemory) {
    fail(ErrorKind::kResource, "{} ran out of memory in {}, status {}", implementation.label, status.library, status.code);
  }
  return status.ok();
}

// What each thread of the team has computed so far, in seconds.
std::vector<double> thread_times() {
  std::vector<double> seconds(static_cast<size_t>(team_size()));
  parallel_for(team_size(), [&](int64_t thread, int64_t) {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    seconds[static_cast<size_t>(thread)] = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  });
  return seconds;
}

}  // namespace

// The seconds of one run; infinite where it fails.
double KernelTimer::timed(const std::function<bool()>& run, const Device& device) {
  if (!contended_) contended_ = probe_processors(team_size());
  const bool by_thread = *contended_ && device.is_host();
  const std::vector<double> before = by_thread ? thread_times() : std::vector<double>();
  const auto start = std::chrono::steady_clock::now();
  if (!run()) return kNever;
  if (!by_thread) return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double most = 0;
  const std::vector<double> after = thread_times();
  for (size_t i = 0; i < after.size(); ++i) most = std::max(most, after[i] - before[i]);
  return most;
}

std::byte* KernelTimer::memory(const Device& device, size_t bytes) {
  DeviceMemory& held = memory_[&device];
  if (held.size() < bytes) {
    held = DeviceMemory();  // first, so that both are never there at once
    held = device.allocate(bytes);
  }
  return held.data();
}

void KernelTimer::fill(const Device& device, Stream& stream, std::byte* data, size_t bytes, DType type) const {
  const Buffer staging(device.is_host() ? 0 : std::min(bytes, kChunk));
  for (size_t done = 0; done < bytes; done += kChunk) {
    check(stop_);
    const size_t part = std::min(bytes - done, kChunk);
    fill_host(device.is_host() ? data + done : staging.data(), part, type);
    if (device.is_host()) continue;
    stream.copy(data + done, staging.data(), part, CopyDirection::kToDevice);
    stream.synchronize();
  }
}

double KernelTimer::seconds(const Kernel& kernel, const Implementation& implementation, std::span<const TensorType> inputs,
                            std::span<const TensorType> outputs, const Device& device) {
  std::vector<size_t> sizes;
  for (size_t i = 0; i < inputs.size(); ++i) sizes.push_back(rounded(bytes_in(inputs[i], implementation.inputs[i])));
  for (size_t i = 0; i < outputs.size(); ++i) sizes.push_back(rounded(bytes_in(outputs[i], implementation.outputs[i])));
  sizes.push_back(rounded(implementation.scratch_bytes));
  size_t all = 0;
  for (const size_t size : sizes) all += size;

  const std::unique_ptr<Stream> stream = device.make_stream();
  std::vector<std::byte*> addresses;
  std::byte* next = memory(device, all);
  for (const size_t size : sizes) addresses.push_back(std::exchange(next, next + size));
  for (size_t i = 0; i < inputs.size(); ++i) fill(device, *stream, addresses[i], sizes[i], inputs[i].dtype);
  const std::vector<const std::byte*> in(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
  std::vector<std::byte*> out(addresses.begin() + static_cast<std::ptrdiff_t>(inputs.size()), addresses.end() - 1);
  for (const Implementation::Alias& alias : implementation.in_place) {
    if (alias.required) out[static_cast<size_t>(alias.output)] = addresses[static_cast<size_t>(alias.input)];
  }

  const std::unique_ptr<KernelState> state = kernel.make_state();
  const KernelArgs args{in.data(), out.data(), addresses.back(), state.get()};
  const auto run = [&] {
    check(stop_);
    const KernelStatus status = stream->run(kernel, args);
    return succeeded(status.ok() ? stream->synchronize() : status, implementation);
  };
  if (!run()) return kNever;
  double least = kNever, total = 0;
  for (int runs = 0; runs < 3 || (total < 0.03 && runs < 20); ++runs) {
    const double seconds = timed(run, device);
    if (seconds == kNever) return kNever;
    least = std::min(least, seconds);
    total += seconds;
    if (total > 0.5) break;
  }
  return least;
}

}  // namespace residual
