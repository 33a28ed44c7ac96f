#include "runtime/plan.h"

#include <algorithm>

#include "core/threads.h"
#include "runtime/placement.h"

namespace residual {

int64_t Plan::flops() const {
  int64_t sum = 0;
  for (const PlanStep& step : steps) sum += step.flops;
  return sum;
}

size_t Plan::reorders() const {
  return static_cast<size_t>(std::ranges::count_if(steps, [](const PlanStep& step) { return step.what == "reorder"; }));
}

std::shared_ptr<const Plan> compile(Graph graph, const BackendList& backends, const PlanOptions& options) {
  refuse_after_fork();
  verify(graph);
  auto plan = std::make_shared<Plan>();
  plan->graph = std::move(graph);
  plan->threads = options.threads > 0 ? options.threads : allowed_threads();
  plan->device = backends.front()->device();
  const TeamScope team(plan->threads);
  place(*plan, lower(*plan, backends, options));
  if (options.memory_limit > 0 && plan->peak_bytes() > options.memory_limit) {
    fail(ErrorKind::kResource, "the plan needs {} MiB, {} MiB are allowed; use a smaller batch or smaller images",
         plan->peak_bytes() >> 20, options.memory_limit >> 20);
  }
  return plan;
}

}  // namespace residual
