#include "runtime/memory/memory_planner.h"

#include <algorithm>
#include <map>

#include "runtime/memory/arena_offsets.h"

namespace residual {
namespace {

// Computes lifetimes, lets outputs reuse the memory of inputs that are read for the last time, and assigns offsets.
class MemoryPlanner {
 public:
  MemoryPlanner(Plan& plan, StepAliases aliases) : plan_(plan), aliases_(std::move(aliases)) {}

  void run() {
    break_up_required_aliases();
    keep_prepared();
    plan_.prepare_arena_bytes = plan_arenas(plan_.prepare, false);
    plan_.arena_bytes = plan_arenas(plan_.steps, true);
  }

 private:
  StoredValue& value(int stored) { return plan_.values[static_cast<size_t>(stored)]; }

  // For each value, the last step that reads it; the number of steps for named outputs; -1 for unread values.
  std::vector<int> last_reads(const std::vector<PlanStep>& steps) const {
    std::vector<int> last(plan_.values.size(), -1);
    for (size_t s = 0; s < steps.size(); ++s) {
      for (const int input : steps[s].inputs) last[static_cast<size_t>(input)] = static_cast<int>(s);
    }
    for (const auto& [name, output] : plan_.outputs) last[static_cast<size_t>(output)] = static_cast<int>(steps.size());
    return last;
  }

  // A kernel that sums into its input's memory must own that input: where later steps still read the value, it gets a copy.
  void break_up_required_aliases() {
    std::vector<PlanStep> steps;
    const std::vector<int> last = last_reads(plan_.steps);
    StepAliases aliases;
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      PlanStep& step = plan_.steps[s];
      for (const Implementation::Alias& alias : aliases_[s]) {
        int& input = step.inputs[static_cast<size_t>(alias.input)];
        if (!alias.required ||
            (value(input).storage.kind == Storage::Kind::kArena && last[static_cast<size_t>(input)] == static_cast<int>(s)))
          continue;
        StoredValue copy = value(input);
        copy.storage = {Storage::Kind::kArena, copy.storage.device};
        plan_.values.push_back(std::move(copy));
        PlanStep copying{"copy", step.name, "copy", {}, {input}, {static_cast<int>(plan_.values.size() - 1)}, step.device};
        copying.bytes = 2 * value(input).bytes();
        input = copying.outputs[0];
        steps.push_back(std::move(copying));
        aliases.emplace_back();
      }
      steps.push_back(std::move(step));
      aliases.push_back(aliases_[s]);
    }
    plan_.steps = std::move(steps);
    aliases_ = std::move(aliases);
  }

  // Values that the run program reads outlive the prepare program; all others are stored in the latter's arena.
  void keep_prepared() {
    const std::vector<int> last = last_reads(plan_.steps);
    for (const PlanStep& step : plan_.prepare) {
      for (const int output : step.outputs) {
        Storage& storage = value(output).storage;
        if (last[static_cast<size_t>(output)] < 0) {
          storage.kind = Storage::Kind::kArena;
          continue;
        }
        storage.offset = plan_.prepared.size();
        plan_.prepared.push_back(output);
        plan_.prepared_bytes += rounded(value(output).bytes());
      }
    }
  }

  // Offsets of the values in the arena, device by device. Returns the arenas' sizes.
  std::vector<size_t> plan_arenas(std::vector<PlanStep>& steps, bool share) {
    const std::vector<int> last = last_reads(steps);
    std::vector<std::vector<BufferLife>> buffers(plan_.devices.size());
    std::map<int, size_t> buffer_of;  // by value
    std::vector<size_t> scratch_of(steps.size());
    for (size_t s = 0; s < steps.size(); ++s) {
      const int now = static_cast<int>(s);
      for (size_t j = 0; j < steps[s].outputs.size(); ++j) {
        const int output = steps[s].outputs[j];
        if (value(output).storage.kind != Storage::Kind::kArena) continue;
        std::vector<BufferLife>& here = buffers[static_cast<size_t>(value(output).storage.device)];
        const int until = std::max(last[static_cast<size_t>(output)], now);
        const int shared = share ? taken_over(steps[s], s, static_cast<int>(j), last, buffer_of) : -1;
        if (shared >= 0) {
          buffer_of[output] = buffer_of.at(shared);
          here[buffer_of[output]].last = std::max(here[buffer_of[output]].last, until);
          continue;
        }
        buffer_of[output] = here.size();
        here.push_back({value(output).bytes(), now, until});
      }
      std::vector<BufferLife>& here = buffers[static_cast<size_t>(steps[s].device)];
      scratch_of[s] = here.size();
      here.push_back({steps[s].scratch_bytes, now, now});
    }
    std::vector<size_t> sizes;
    for (std::vector<BufferLife>& device : buffers) sizes.push_back(assign_offsets(device));
    for (const auto& [stored, buffer] : buffer_of)
      value(stored).storage.offset = buffers[static_cast<size_t>(value(stored).storage.device)][buffer].offset;
    for (size_t s = 0; s < steps.size(); ++s)
      steps[s].scratch_offset = buffers[static_cast<size_t>(steps[s].device)][scratch_of[s]].offset;
    return sizes;
  }

  // The input whose memory output j of this step may reuse: last read here, of the same size, not reused by another output.
  int taken_over(const PlanStep& step, size_t s, int j, const std::vector<int>& last, const std::map<int, size_t>& buffer_of) {
    const int output = step.outputs[static_cast<size_t>(j)];
    for (const Implementation::Alias& alias : aliases_[s]) {
      if (alias.output != j) continue;
      const int input = step.inputs[static_cast<size_t>(alias.input)];
      if (!buffer_of.contains(input) || last[static_cast<size_t>(input)] != static_cast<int>(s)) continue;
      if (std::ranges::count(step.inputs, input) > 1 || value(input).bytes() != value(output).bytes()) continue;
      return input;
    }
    return -1;
  }

  Plan& plan_;
  StepAliases aliases_;
};

}  // namespace

void plan_memory(Plan& plan, StepAliases aliases) {
  MemoryPlanner(plan, std::move(aliases)).run();
}

}  // namespace residual
