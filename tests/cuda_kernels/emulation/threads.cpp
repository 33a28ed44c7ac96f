#include "cuda_kernels/emulation/threads.h"

#include <ucontext.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace residual::emulation {
namespace {

constexpr unsigned kWarp = 32, kMostThreads = 1024;
constexpr size_t kStack = size_t{128} << 10;

/// Where a fiber stopped, or the loop that resumes fibers: what __builtin_setjmp keeps.
using Place = void* [5];

// A jump to another stack, by the builtin: the library's longjmp makes a system call under AddressSanitizer and refuses other
// stacks where it is fortified. No frame is left for good, so the functions that jump need not tell AddressSanitizer of the end
// of one.
#define RESIDUAL_JUMPS __attribute__((noinline, no_sanitize("address")))

RESIDUAL_JUMPS void jump(Place& place) {
  __builtin_longjmp(place, 1);
}

enum class State : uint8_t { kReady, kAtWarpBarrier, kAtBlockBarrier, kDone };

/// One thread of the block that runs. Its stack and its context are used again for every block.
struct Fiber {
  explicit Fiber(void (*enter)()) : stack(new char[kStack]) {
    getcontext(&start);
    start.uc_stack = {.ss_sp = stack.get(), .ss_flags = 0, .ss_size = kStack};
    start.uc_link = nullptr;
    makecontext(&start, enter, 0);
  }

  dim3 index;
  State state = State::kReady;
  int64_t barriers = 0;
  unsigned exchanges = 0;
  uint64_t exchanged[2] = {};  // in turn, so that a lane may be one exchange ahead

  std::unique_ptr<char[]> stack;
  ucontext_t start;  // not on a stack: AddressSanitizer would not see the frame end
  Place place;
  bool started = false;
  void* fake_stack = nullptr;
};

/// AddressSanitizer has to know on which stack a thread runs.
struct Stack {
  void* fake = nullptr;
  const void* bottom = nullptr;
  size_t bytes = 0;
};

void announce_switch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom, [[maybe_unused]] size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(fake, bottom, bytes);
#endif
}

void finish_switch([[maybe_unused]] void* fake, [[maybe_unused]] Stack* from) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake, from != nullptr ? &from->bottom : nullptr, from != nullptr ? &from->bytes : nullptr);
#endif
}

class Machine {
 public:
  Schedule schedule;
  int64_t most_barriers = 0;

  void run(dim3 grid, dim3 block, const std::function<void()>& body) {
    const uint64_t threads = uint64_t{block.x} * block.y * block.z;
    if (threads == 0 || threads > kMostThreads || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535)
      throw std::logic_error("a grid or a block has a size that CUDA refuses");
    gridDim = grid;
    blockDim = block;
    body_ = &body;
    count_ = threads;
    while (fibers_.size() < count_) fibers_.push_back(std::make_unique<Fiber>(&Machine::enter));
    for (const uint64_t number : order_of(uint64_t{grid.x} * grid.y * grid.z)) {
      blockIdx = dim3(static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
                      static_cast<unsigned>(number / grid.x / grid.y));
      run_block();
    }
  }

  void wait(State where) {
    Fiber& self = *fibers_[now_];
    if (where == State::kAtBlockBarrier && self.barriers++ == schedule.omitted_barrier) return;
    self.state = where;
    leave();
  }

  uint64_t exchange(uint64_t value, int mask) {
    Fiber& self = *fibers_[now_];
    const unsigned turn = self.exchanges++ % 2, other = now_ ^ static_cast<unsigned>(mask);
    self.exchanged[turn] = value;
    wait(State::kAtWarpBarrier);
    return fibers_[other]->exchanged[turn];
  }

 private:
  std::vector<uint64_t> order_of(uint64_t count) {
    std::vector<uint64_t> order(count);
    for (uint64_t i = 0; i < count; ++i) order[i] = schedule.order == Order::kBackward ? count - 1 - i : i;
    if (schedule.order == Order::kShuffled) std::shuffle(order.begin(), order.end(), random_);
    return order;
  }

  void run_block() {
    for (unsigned i = 0; i < count_; ++i) {
      Fiber& fiber = *fibers_[i];
      fiber.index = dim3(i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y);
      fiber.state = State::kReady;
      fiber.barriers = fiber.exchanges = 0;
    }
    while (!all(0, count_, State::kDone)) {
      bool moved = false;
      for (const uint64_t i : order_of(count_)) {
        if (fibers_[i]->state != State::kReady) continue;
        resume(static_cast<unsigned>(i));
        moved = true;
      }
      for (size_t warp = 0; warp < count_; warp += kWarp) moved |= open(warp, warp + kWarp, State::kAtWarpBarrier);
      moved |= open(0, count_, State::kAtBlockBarrier);
      if (moved) continue;
      fibers_.clear();  // they wait in the middle of the kernel
      throw std::logic_error("threads wait at a barrier that others do not reach");
    }
    for (size_t i = 0; i < count_; ++i) most_barriers = std::max(most_barriers, fibers_[i]->barriers);
  }

  bool all(size_t begin, size_t end, State state) const {
    return end <= count_ &&
           std::all_of(fibers_.begin() + static_cast<int64_t>(begin), fibers_.begin() + static_cast<int64_t>(end),
                       [state](const auto& fiber) { return fiber->state == state; });
  }

  bool open(size_t begin, size_t end, State barrier) {
    if (!all(begin, end, barrier)) return false;
    for (size_t i = begin; i < end; ++i) fibers_[i]->state = State::kReady;
    return true;
  }

  RESIDUAL_JUMPS void resume(unsigned number) {
    now_ = number;
    Fiber& fiber = *fibers_[number];
    threadIdx = fiber.index;
    announce_switch(&home_.fake, fiber.stack.get(), kStack);
    if (__builtin_setjmp(home_place_) == 0) {
      if (std::exchange(fiber.started, true)) jump(fiber.place);
      setcontext(&fiber.start);
    }
    finish_switch(home_.fake, nullptr);
  }

  static void enter();

  RESIDUAL_JUMPS void leave() {
    Fiber& self = *fibers_[now_];
    announce_switch(&self.fake_stack, home_.bottom, home_.bytes);
    if (__builtin_setjmp(self.place) == 0) jump(home_place_);
    finish_switch(self.fake_stack, &home_);
  }

  std::vector<std::unique_ptr<Fiber>> fibers_;
  size_t count_ = 0;  // threads of the block
  const std::function<void()>* body_ = nullptr;
  unsigned now_ = 0;
  Place home_place_;
  Stack home_;
  std::mt19937 random_{1};
};

Machine machine;

// A fiber's whole life: the running block's body, and again for each block.
void Machine::enter() {
  finish_switch(nullptr, &machine.home_);
  for (;;) {
    (*machine.body_)();
    machine.fibers_[machine.now_]->state = State::kDone;
    machine.leave();
  }
}

}  // namespace

void set_schedule(const Schedule& schedule) {
  machine.schedule = schedule;
}

int64_t passed_barriers() {
  return std::exchange(machine.most_barriers, 0);
}

void run_grid(dim3 grid, dim3 block, const std::function<void()>& body) {
  machine.run(grid, block, body);
}

void wait_for_block() {
  machine.wait(State::kAtBlockBarrier);
}

void wait_for_warp() {
  machine.wait(State::kAtWarpBarrier);
}

uint64_t exchange(uint64_t value, int mask) {
  return machine.exchange(value, mask);
}

}  // namespace residual::emulation
