#include <fmt/ranges.h>

#include <algorithm>

#include "runtime/plan.h"

namespace residual {
namespace {

std::string values_text(const Plan& plan, const std::vector<int>& values) {
  std::vector<std::string> parts;
  for (const int stored : values) {
    const StoredValue& value = plan.values[static_cast<size_t>(stored)];
    const bool plain = value.layout.kind == Layout::Kind::kPlain;
    parts.push_back(to_string(value.type.shape) + (plain                                        ? ""
                                                   : value.layout.kind == Layout::Kind::kOpaque ? ":packed"
                                                                                                : ":" + to_string(value.layout)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string step_text(const Plan& plan, const PlanStep& step) {
  return fmt::format("{:<28} {:<44} {:<40} {:>10.2f} MFLOP {:>9} KiB  {} -> {}\n", step.name, step.what, step.kernel,
                     static_cast<double>(step.flops) / 1e6, step.bytes >> 10, values_text(plan, step.inputs),
                     values_text(plan, step.outputs));
}

}  // namespace

std::string Plan::to_text() const {
  std::string text = fmt::format("plan for {}, {} threads\n", description, threads);
  if (!prepare.empty()) text += "prepare, once:\n";
  for (const PlanStep& step : prepare) text += step_text(*this, step);
  text += "run:\n";
  for (const PlanStep& step : steps) text += step_text(*this, step);
  text += fmt::format("{} steps ({} reorders), {:.3f} GFLOP, arena {:.1f} MiB, prepared {:.1f} MiB, inputs {:.1f} MiB\n",
                      steps.size(), reorders(), static_cast<double>(flops()) / 1e9, static_cast<double>(arena()) / 1048576.0,
                      static_cast<double>(prepared_bytes) / 1048576.0, static_cast<double>(input_bytes) / 1048576.0);
  return text;
}

}  // namespace residual
