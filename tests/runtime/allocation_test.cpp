// Session::run takes no memory: every operator new and malloc-backed allocation of this program is counted, and told apart by who
// asks.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "passes/fold_batch_norm.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/training_graph.h"

namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> ours{0}, library{0};

// oneDNN builds a small map of its arguments in every call of a primitive, inside the library and out of our reach: counted
// apart.
bool asked_by_onednn(void* caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname != nullptr && std::strstr(info.dli_fname, "libdnnl") != nullptr;
}

void* counted(size_t bytes, void* caller) {
  if (counting) ++(asked_by_onednn(caller) ? library : ours);
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) {
  return counted(bytes, __builtin_return_address(0));
}
void* operator new[](size_t bytes) {
  return counted(bytes, __builtin_return_address(0));
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes, __builtin_return_address(0));
}
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept {
  return counted(bytes, __builtin_return_address(0));
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

namespace residual {
namespace {

int64_t allocations_in_run(std::shared_ptr<const Plan> plan) {
  State state = initial_state(plan->graph, 0);
  Session session(std::move(plan), state);
  session.run();  // OpenMP starts its threads in the first run
  ours = library = 0;
  counting = true;
  for (int i = 0; i < 3; ++i) session.run();
  counting = false;
  return ours;
}

train::TrainOptions small_run() {
  train::TrainOptions options;
  options.batch_size = 4;
  options.target = support::cpu_target();
  return options;
}

TEST(Allocations, TheCounterSeesAllocations) {
  ours = 0;
  counting = true;
  std::vector<int> some(100);
  counting = false;
  EXPECT_EQ(ours, 1) << some.size();
}

TEST(Allocations, ATrainingStepAllocatesNothing) {
  EXPECT_EQ(allocations_in_run(train::training_plan(small_run())), 0);
}

TEST(Allocations, InferenceAllocatesNothing) {
  EXPECT_EQ(allocations_in_run(compile(fold_batch_norm(models::inference_graph({}, 4)), support::cpu_target())), 0);
}

TEST(Allocations, TheReferenceBackendAllocatesNothing) {
  train::TrainOptions options = small_run();
  options.architecture.model = "resnet8";
  EXPECT_EQ(allocations_in_run(compile(train::training_graph(options), support::reference_target())), 0);
}

}  // namespace
}  // namespace residual
