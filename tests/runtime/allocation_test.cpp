// Session::run does not allocate: every allocation of this program and its libraries is counted.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>

#include "passes/fold_batch_norm.h"
#include "runtime/allocation_counter.h"
#include "runtime/session.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

using support::AllocationCounter;
using support::Allocations;

constexpr int kRuns = 3;

// Otherwise other programs' load may have OpenMP start a second team meanwhile (core/threads/spinning.h).
const bool kSpinsAlways = ::setenv("OMP_WAIT_POLICY", "passive", 0) == 0;

Allocations allocations_in_runs(std::shared_ptr<const Plan> plan) {
  State state = initial_state(plan->graph, 0);
  Session session(std::move(plan), state);
  session.run();  // OpenMP starts its threads in the first run
  AllocationCounter counter;
  for (int i = 0; i < kRuns; ++i) session.run();
  return counter.stop();
}

train::TrainOptions small_run() {
  train::TrainOptions options;
  options.batch_size = 4;
  options.target = support::cpu_target();
  return options;
}

// oneDNN builds a small map of its arguments in every call of a primitive, and the contexts that hold it; we cannot avoid this.
// Nothing else allocates.
void expect_only_onednn(const Allocations& found) {
  for (const auto& [file, allocations] : found) {
    EXPECT_NE(file.find("libdnnl"), std::string::npos) << file << " allocates " << allocations << " times";
    EXPECT_EQ(allocations % kRuns, 0) << file << " allocates more in one run than in another";
    std::cout << file << " allocates " << allocations / kRuns << " times a run\n";
  }
}

// Hidden from the compiler, which may remove an allocation that it sees freed.
void* volatile kept;

int64_t counted(const std::function<void()>& allocate) {
  AllocationCounter counter;
  allocate();
  int64_t sum = 0;
  for (const auto& [file, allocations] : counter.stop()) sum += allocations;
  return sum;
}

TEST(Allocations, TheCounterDetectsEveryAllocationFunction) {
  const auto keep = [](void* memory) { kept = memory; };
  EXPECT_EQ(counted([&] { keep(nullptr); }), 0);
  EXPECT_EQ(counted([&] { keep(new int64_t); }), 1);
  delete static_cast<int64_t*>(kept);
#ifndef __SANITIZE_ADDRESS__
  EXPECT_EQ(counted([&] { keep(std::malloc(8)); }), 1);
  EXPECT_EQ(counted([&] { keep(std::realloc(kept, 16)); }), 1);
  std::free(kept);
  EXPECT_EQ(counted([&] { keep(std::calloc(2, 8)); }), 1);
  std::free(kept);
  EXPECT_EQ(counted([&] { keep(std::aligned_alloc(64, 64)); }), 1);
  std::free(kept);
  void* aligned = nullptr;
  EXPECT_EQ(counted([&] { EXPECT_EQ(::posix_memalign(&aligned, 64, 64), 0); }), 1);
  std::free(aligned);
  EXPECT_EQ(counted([&] { keep(::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); }), 1);
  ::munmap(kept, 4096);
#endif
}

#ifndef __SANITIZE_ADDRESS__
TEST(Allocations, TheCounterDetectsAllocationsOfLibraries) {
  const Allocations found = [] {
    AllocationCounter counter;
    kept = ::strdup("a text");  // by the C library
    return counter.stop();
  }();
  std::free(kept);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found.begin()->first.find("libc"), std::string::npos) << found.begin()->first;
}
#endif

TEST(Allocations, ATrainingStepAllocatesNothing) {
  expect_only_onednn(allocations_in_runs(train::training_plan(small_run())));
}

TEST(Allocations, InferenceAllocatesNothing) {
  expect_only_onednn(allocations_in_runs(compile(fold_batch_norm(models::inference_graph({}, 4)), support::cpu_target())));
}

TEST(Allocations, TheReferenceBackendAllocatesNothing) {
  train::TrainOptions options = small_run();
  options.architecture.model = "resnet8";
  EXPECT_EQ(allocations_in_runs(compile(train::training_graph(options), support::reference_target())), Allocations());
}

}  // namespace
}  // namespace residual
