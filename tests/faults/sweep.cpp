#include "sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "support/surroundings.h"
#include "verdict.h"

namespace faults {
namespace {

std::string result_of(const Ending& ending) {
  if (ending.hung) return "hung";
  if (ending.signal != 0) return fmt::format("signal {}", ending.signal);
  return fmt::format("exit {}", ending.code);
}

std::string effect_of(const Fault& fault) {
  switch (fault.effect) {
    case Fault::Effect::kFailsOnce: return "fails once";
    case Fault::Effect::kFailsFromThere: return "from there";
    case Fault::Effect::kKills: break;
  }
  return "kills";
}

}  // namespace

std::vector<Fault> spread(const Command& command, const std::string& kind, Fault::Effect effect, int64_t most) {
  const Counts& counts = clean_run(command).counts;
  const int64_t calls = counts.at(kind), count = std::min(calls, most);
  std::vector<Fault> faults;
  for (int64_t i = 0; i < count; ++i) faults.push_back({effect, kind, count == 1 ? 1 : 1 + (calls - 1) * i / (count - 1)});
  return faults;
}

void sweep(const Command& command, const std::vector<Fault>& faults) {
  if (faults.empty()) return;
  std::map<std::string, int> results;
  int wrong = 0;
  for (const Fault& fault : faults) {
    const residual::support::TemporaryFolder folder;
    prepare(folder.path(), command);
    const Ending ending = run(folder.path(), command.arguments, fault);
    ++results[result_of(ending)];
    const std::string what = wrong_with(command, fault, ending, folder.path());
    if (what.empty()) continue;
    ++wrong;
    ADD_FAILURE() << command.name << ", " << to_string(fault) << ": " << what << "\n  " << ending.err << "\n  "
                  << how_to_repeat(command.arguments, fault);
  }
  std::string line = fmt::format("{:<10} {:<9} {:<10} {:>4} faults", command.name, faults.front().kind, effect_of(faults.front()),
                                 faults.size());
  for (const auto& [result, times] : results) line += fmt::format("  {}: {}", result, times);
  fmt::print("{}  wrong: {}\n", line, wrong);
}

}  // namespace faults
