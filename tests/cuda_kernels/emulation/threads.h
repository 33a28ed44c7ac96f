// CUDA's execution model on one host thread: the threads of a block are fibers that run one after the other up to the next
// barrier, in an order that the test chooses. A kernel whose result depends on the order lacks a barrier, or its threads and
// blocks write to the same place.
#pragma once

#include <cstdint>
#include <functional>

/// As in CUDA, in the global namespace.
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3() = default;
  constexpr dim3(unsigned in_x, unsigned in_y = 1, unsigned in_z = 1) : x(in_x), y(in_y), z(in_z) {}
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace residual::emulation {

/// Of a block's threads between two barriers, and of a grid's blocks.
enum class Order : uint8_t { kForward, kBackward, kShuffled };

struct Schedule {
  Order order = Order::kForward;
  int64_t omitted_barrier = -1;  ///< the barrier of this number, counted in each thread of each block, does not wait; -1: all do
};

/// How launches run from now on.
void set_schedule(const Schedule& schedule);

/// The most block barriers that a thread has passed in one launch since the last call.
int64_t passed_barriers();

/// Runs `body` once for each thread of each block. Throws std::logic_error for a grid or block that CUDA refuses, and where
/// threads wait at a barrier that others of their block or warp do not reach.
void run_grid(dim3 grid, dim3 block, const std::function<void()>& body);

/// Of the running thread: returns when every thread of its block, or of its warp, has arrived.
void wait_for_block();
void wait_for_warp();

/// The value that the thread of its warp with this lane's number ^ mask passes to the same call.
uint64_t exchange(uint64_t value, int mask);

}  // namespace residual::emulation
