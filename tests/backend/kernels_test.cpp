// Every kernel of every backend equals the oracle: each op alone, forward and backward, on generated shapes.
#include <gtest/gtest.h>

#include "core/threads/threads.h"
#include "ops/table.h"
#include "support/cases.h"
#include "support/kernel_check.h"
#include "support/targets.h"

namespace residual {
namespace {

using support::Case;
using support::Fill;
using support::KernelCheck;

const Layout& layout_for(uint64_t number) {
  static const std::array<Layout, 4> all{Layout::plain(), Layout::channels_last(), Layout::blocked(8), Layout::blocked(16)};
  return all[number % all.size()];
}

// Each op on integers and on reals; more cases for ops with many kernels.
uint64_t cases_of(const OpDef& op) {
  return op.name.starts_with("conv2d") ? 64 : 30;
}

class EveryOp : public testing::TestWithParam<const OpDef*> {};

void compare(const OpDef& op, Fill fill) {
  int kernels = 0;
  for (uint64_t number = 0; number < cases_of(op); ++number) {
    const Case example = make_case(op, number * 2 + (fill == Fill::kReals), fill, DType::kF32);
    set_team_size(1 + static_cast<int>(number / 2 % 2));
    for (const auto& backend : support::cpu_target().backends) {
      std::vector<std::string> failures;
      kernels += KernelCheck(*backend, example).check(example.subject, layout_for(number), failures);
      for (const std::string& failure : failures) ADD_FAILURE() << failure;
    }
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GE(kernels, static_cast<int>(cases_of(op))) << "some case was run by no kernel";
  set_team_size(allowed_threads());
}

TEST_P(EveryOp, EqualsTheOracleOnIntegers) {
  compare(*GetParam(), Fill::kIntegers);
}

TEST_P(EveryOp, EqualsTheOracleOnReals) {
  compare(*GetParam(), Fill::kReals);
}

std::vector<const OpDef*> ops() {
  std::vector<const OpDef*> all;
  for (const OpDef* op : op_table()) {
    if (support::makers().contains(op)) all.push_back(op);
  }
  return all;
}

TEST(Kernels, AreComparedWithTheOracleOnAtLeast2000Cases) {
  uint64_t cases = 0;
  for (const OpDef* op : ops()) cases += 2 * cases_of(*op);
  EXPECT_GE(cases, 2000u);
}

INSTANTIATE_TEST_SUITE_P(Kernels, EveryOp, testing::ValuesIn(ops()),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

}  // namespace
}  // namespace residual
