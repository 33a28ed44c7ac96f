#include "core/log.h"
#include "core/threads/threads.h"
#include "runtime/compile/lowering.h"
#include "runtime/compile/prepared_keys.h"
#include "runtime/memory/memory_planner.h"
#include "runtime/plan.h"

namespace residual {
namespace {

void check_memory(const Plan& plan, size_t limit) {
  if (limit > 0 && plan.peak_bytes() > limit) {
    fail(ErrorKind::kResource, "the plan needs {} MiB, {} MiB are allowed; use a smaller batch or smaller images",
         plan.peak_bytes() >> 20, limit >> 20);
  }
  for (size_t d = 1; d < plan.devices.size(); ++d) {
    const size_t needed = plan.bytes_on(static_cast<int>(d));
    const std::optional<size_t> available = plan.devices[d]->free_memory();
    if (!available || needed <= *available) continue;
    fail(ErrorKind::kResource,
         "the plan needs {} MiB on {}, which has {} MiB free; use a smaller batch or smaller images, or end the programs that "
         "hold "
         "its memory",
         needed >> 20, plan.devices[d]->name(), *available >> 20);
  }
}

}  // namespace

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
  check_memory(*plan, target.memory_limit);
  return plan;
}

}  // namespace residual
