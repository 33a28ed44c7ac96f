#include "runtime/plan.h"

#include <algorithm>
#include <numeric>

#include "graph/sources.h"

namespace residual {

int64_t Plan::flops() const {
  int64_t sum = 0;
  for (const PlanStep& step : steps) sum += step.flops;
  return sum;
}

size_t Plan::reorders() const {
  return static_cast<size_t>(std::ranges::count_if(steps, [](const PlanStep& step) { return step.what == "reorder"; }));
}

size_t Plan::arena() const {
  return std::accumulate(arena_bytes.begin(), arena_bytes.end(), size_t{0});
}

size_t Plan::peak_bytes() const {
  const size_t preparing = std::accumulate(prepare_arena_bytes.begin(), prepare_arena_bytes.end(), size_t{0});
  return prepared_bytes + std::max(arena() + input_bytes, preparing);
}

size_t Plan::bytes_on(int device) const {
  size_t kept = 0;
  std::vector<bool> counted(variables.size());
  for (const StoredValue& value : values) {
    if (value.storage.device != device) continue;
    if (value.storage.kind == Storage::Kind::kPrepared) kept += value.bytes();
    if (value.storage.kind == Storage::Kind::kVariable && !counted[value.storage.offset]) {
      counted[value.storage.offset] = true;
      kept += value.bytes();
    }
  }
  const auto at = static_cast<size_t>(device);
  return kept + std::max(arena_bytes[at], prepare_arena_bytes[at]);
}

std::vector<bool> Plan::variables_in_run() const {
  std::vector<bool> used(variables.size());
  for (const PlanStep& step : steps) {
    for (const std::vector<int>* stored : {&step.inputs, &step.outputs}) {
      for (const int index : *stored) {
        const Storage& storage = values[static_cast<size_t>(index)].storage;
        if (storage.kind == Storage::Kind::kVariable) used[storage.offset] = true;
      }
    }
  }
  for (const auto& [name, index] : outputs) {
    const Storage& storage = values[static_cast<size_t>(index)].storage;
    if (storage.kind == Storage::Kind::kVariable) used[storage.offset] = true;
  }
  return used;
}

bool Plan::assigns(const std::string& variable) const {
  return std::ranges::any_of(graph.nodes(), [&](const Node& node) {
    return node.op == &assign_op() && node.attributes.as<AssignAttrs>().variable == variable;
  });
}

}  // namespace residual
