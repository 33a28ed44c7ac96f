#include "runtime/placement.h"

#include <algorithm>
#include <map>

#include "runtime/memory.h"
#include "runtime/steps.h"

namespace residual {
namespace {

// Finds when each value is alive, lets outputs take over the memory of inputs that end there, and places everything.
class Placement {
 public:
  Placement(Plan& plan, StepAliases aliases) : plan_(plan), aliases_(std::move(aliases)) {}

  void run() {
    break_up_required_aliases();
    plan_.prepared_bytes = placed(plan_.prepare, Place::Home::kPrepared);
    size_t prepare_scratch = 0;
    for (const PlanStep& step : plan_.prepare) prepare_scratch = std::max(prepare_scratch, step.scratch_bytes);
    plan_.arena_bytes = std::max(placed(plan_.steps, Place::Home::kArena), prepare_scratch);
  }

 private:
  static int last_step(const std::vector<PlanStep>& steps) { return static_cast<int>(steps.size()); }
  PlacedValue& value(int placed) { return plan_.values[static_cast<size_t>(placed)]; }
  size_t bytes(int placed) { return bytes_in(value(placed).type, value(placed).layout); }

  std::vector<int> last_reads(const std::vector<PlanStep>& steps) const {
    std::vector<int> last(plan_.values.size(), -1);
    for (size_t s = 0; s < steps.size(); ++s) {
      for (const int input : steps[s].inputs) last[static_cast<size_t>(input)] = static_cast<int>(s);
    }
    for (const auto& [name, output] : plan_.outputs) last[static_cast<size_t>(output)] = last_step(steps);
    if (&steps == &plan_.prepare) {  // what the run program reads stays for good
      for (const PlanStep& step : plan_.steps) {
        for (const int input : step.inputs) last[static_cast<size_t>(input)] = last_step(steps);
      }
    }
    return last;
  }

  // A kernel that sums into its input's memory needs an input of its own: where others still need that value, it gets a copy.
  void break_up_required_aliases() {
    std::vector<PlanStep> steps;
    const std::vector<int> last = last_reads(plan_.steps);
    StepAliases aliases;
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      PlanStep& step = plan_.steps[s];
      for (const Implementation::Alias& alias : aliases_[s]) {
        int& input = step.inputs[static_cast<size_t>(alias.input)];
        if (!alias.required ||
            (value(input).place.home == Place::Home::kArena && last[static_cast<size_t>(input)] == static_cast<int>(s)))
          continue;
        PlacedValue copy = value(input);
        copy.place = {Place::Home::kArena};
        plan_.values.push_back(std::move(copy));
        PlanStep copying{"copy", step.name, "copy", {}, {input}, {static_cast<int>(plan_.values.size() - 1)}};
        copying.bytes = 2 * bytes(input);
        copying.run = copy_kernel(bytes(input));
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

  size_t placed(std::vector<PlanStep>& steps, Place::Home home) {
    const std::vector<int> last = last_reads(steps);
    std::vector<BufferLife> buffers;
    std::map<int, size_t> buffer_of;
    std::vector<size_t> scratch_of(steps.size());
    for (size_t s = 0; s < steps.size(); ++s) {
      const int now = static_cast<int>(s);
      for (size_t j = 0; j < steps[s].outputs.size(); ++j) {
        const int output = steps[s].outputs[j];
        if (value(output).place.home != home) continue;
        const int until = std::max(last[static_cast<size_t>(output)], now);
        const int shared = home == Place::Home::kArena ? taken_over(steps[s], s, static_cast<int>(j), last, buffer_of) : -1;
        if (shared >= 0) {
          buffer_of[output] = buffer_of.at(shared);
          buffers[buffer_of[output]].last = std::max(buffers[buffer_of[output]].last, until);
          continue;
        }
        buffer_of[output] = buffers.size();
        buffers.push_back({bytes(output), now, until});
      }
      scratch_of[s] = buffers.size();
      if (home == Place::Home::kArena) buffers.push_back({steps[s].scratch_bytes, now, now});
    }
    const size_t total = place_buffers(buffers);
    for (const auto& [placed, buffer] : buffer_of) value(placed).place.offset = buffers[buffer].offset;
    if (home == Place::Home::kArena) {
      for (size_t s = 0; s < steps.size(); ++s) steps[s].scratch_offset = buffers[scratch_of[s]].offset;
    }
    return total;
  }

  // The input whose memory output j of this step may take over: it ends here, is as large, and no other output has taken it.
  int taken_over(const PlanStep& step, size_t s, int j, const std::vector<int>& last, const std::map<int, size_t>& buffer_of) {
    for (const Implementation::Alias& alias : aliases_[s]) {
      if (alias.output != j) continue;
      const int input = step.inputs[static_cast<size_t>(alias.input)];
      if (!buffer_of.contains(input) || last[static_cast<size_t>(input)] != static_cast<int>(s)) continue;
      if (std::ranges::count(step.inputs, input) > 1 || bytes(input) != bytes(step.outputs[static_cast<size_t>(j)])) continue;
      return input;
    }
    return -1;
  }

  Plan& plan_;
  StepAliases aliases_;
};

}  // namespace

void place(Plan& plan, StepAliases aliases) {
  Placement(plan, std::move(aliases)).run();
}

}  // namespace residual
