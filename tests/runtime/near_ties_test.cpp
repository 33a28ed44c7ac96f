// Kernels of nearly equal time are chosen by their order, others by their time.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "runtime/tuning/tuner.h"
#include "support/targets.h"

namespace residual {
namespace {

// Sleeps, so that the machine's other load hardly changes its time.
Implementation taking(std::string label, std::chrono::microseconds time) {
  Implementation made{.label = std::move(label), .inputs = {Layout::plain()}, .outputs = {Layout::plain()}};
  made.build = [time] { return make_kernel([time](const KernelArgs&) { std::this_thread::sleep_for(time); }); };
  return made;
}

std::string chosen(const std::string& key, const std::vector<Implementation>& implementations) {
  Target target = support::reference_target();
  target.tune = true;
  Tuner tuner(target, {}, 2);
  const TensorType type{DType::kF32, Shape{16}};
  const Tuner::Choice choice = tuner.choose({key,
                                             implementations,
                                             {&type, 1},
                                             {&type, 1},
                                             *host_device(),
                                             [](const Implementation& one) { return std::shared_ptr(one.build()); },
                                             [](const Implementation&) { return 0.0; }});
  return implementations[choice.index].label;
}

TEST(NearTies, AreBrokenByOrder) {
  EXPECT_EQ(
      chosen("tie 1", {taking("first", std::chrono::microseconds(20'200)), taking("second", std::chrono::microseconds(20'000))}),
      "first");
  EXPECT_EQ(
      chosen("tie 2", {taking("first", std::chrono::microseconds(20'000)), taking("second", std::chrono::microseconds(20'200))}),
      "first");
}

TEST(NearTies, AFasterKernelWinsWhateverItsPlace) {
  EXPECT_EQ(
      chosen("faster", {taking("first", std::chrono::microseconds(24'000)), taking("second", std::chrono::microseconds(20'000))}),
      "second");
}

TEST(NearTies, AKernelThatFailsIsNeverChosenAndALackOfMemoryIsAnError) {
  Implementation failing = taking("failing", {}), starving = failing;
  failing.build = [] {
    return make_kernel([](const KernelArgs&) { return KernelStatus{KernelStatus::Kind::kFailed, 6, "test"}; });
  };
  starving.build = [] {
    return make_kernel([](const KernelArgs&) { return KernelStatus{KernelStatus::Kind::kOutOfMemory, 1, "test"}; });
  };
  const Implementation working = taking("working", std::chrono::microseconds(100));
  EXPECT_EQ(chosen("failing", {failing, working}), "working");
  try {
    chosen("starving", {starving, working});
    FAIL() << "a lack of memory chose another kernel";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource);
  }
}

}  // namespace
}  // namespace residual
