#include "core/log.h"
#include "core/threads/threads.h"
#include "runtime/compile/lowering.h"
#include "runtime/compile/prepared_keys.h"
#include "runtime/memory/memory_planner.h"
#include "runtime/plan.h"

namespace residual {

std::shared_ptr<const Plan> compile(Graph graph, const Target& target, const KernelChoices& choices) {
  refuse_after_fork();
  verify(graph);
  if (target.backends.empty()) fail(ErrorKind::kUsage, "a graph is compiled for a target without backends");
  auto plan = std::make_shared<Plan>();
  plan->graph = std::move(graph);
  plan->threads = target.available_threads();
  if (plan->threads < target.threads) {
    warn("OpenMP gives {} of {} threads here (OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS, or inside another parallel region)",
         plan->threads, target.threads);
  }
  plan->description = target.backends.front()->description();
  plan->devices = {host_device()};
  const TeamScope team(plan->threads);
  plan_memory(*plan, lower(*plan, target, choices));
  plan->prepared_keys = prepared_keys(*plan);
  if (target.memory_limit > 0 && plan->peak_bytes() > target.memory_limit) {
    fail(ErrorKind::kResource, "the plan needs {} MiB, {} MiB are allowed; use a smaller batch or smaller images",
         plan->peak_bytes() >> 20, target.memory_limit >> 20);
  }
  return plan;
}

}  // namespace residual
