// One fault at a time, below the program: an allocation, a mapping, a file, a write or a thread that the system refuses, and
// SIGKILL. Whatever happens, the program ends by itself with a documented exit code and a message, gives no wrong answer, and
// leaves nothing half-written.
#include <gtest/gtest.h>

#include <ostream>

#include "sweep.h"

namespace faults {
namespace {

using Effect = Fault::Effect;

// How many faults of each kind a sweep injects.
struct Extent {
  int64_t malloc, memory, system, lasting, kills;
};
constexpr Extent kShort{8, 2, 2, 1, 2}, kLong{60, 12, 12, 6, 20};

struct Sweep {
  Command command;
  Extent extent;
};
void PrintTo(const Sweep& sweep, std::ostream* out) {
  *out << sweep.command.name;
}

std::vector<Sweep> sweeps(const Extent& extent) {
  std::vector<Sweep> all;
  for (const Command& command : commands()) all.push_back({command, extent});
  return all;
}

std::string name_of(const testing::TestParamInfo<Sweep>& info) {
  std::string name = info.param.command.name;
  std::erase(name, '-');
  return name;
}

class Faults : public testing::TestWithParam<Sweep> {
 protected:
  const Command& command = GetParam().command;
  const Extent& extent = GetParam().extent;
};

TEST_P(Faults, OfMemoryEndTheProgramWithAMessage) {
  for (const char* kind : kMemory)
    sweep(command, spread(command, kind, Effect::kFailsOnce, std::string(kind) == "malloc" ? extent.malloc : extent.memory));
  for (const char* kind : kMemory) sweep(command, spread(command, kind, Effect::kFailsFromThere, extent.lasting));
}

TEST_P(Faults, OfFilesAndThreadsEndTheProgramWithAMessage) {
  for (const char* kind : kSystem) sweep(command, spread(command, kind, Effect::kFailsOnce, extent.system));
  for (const char* kind : kSystem) sweep(command, spread(command, kind, Effect::kFailsFromThere, extent.lasting));
}

TEST_P(Faults, ThatKillTheProgramLeaveNothingHalfWritten) {
  for (const char* kind : {"write", "fsync", "rename"}) sweep(command, spread(command, kind, Effect::kKills, extent.kills));
}

// A file that could not be read once is neither left out nor given a size of its own.
TEST(SlowFaults, OfEveryFileThatIsReadWhileImagesAreListedEndTheProgramOrChangeNothing) {
  for (const char* name : {"info", "archive"}) {
    for (const char* kind : {"open", "read"})
      sweep(command_named(name), spread(command_named(name), kind, Effect::kFailsOnce, 1000));
  }
}

INSTANTIATE_TEST_SUITE_P(Slow, Faults, testing::ValuesIn(sweeps(kShort)), name_of);
INSTANTIATE_TEST_SUITE_P(Long, Faults, testing::ValuesIn(sweeps(kLong)), name_of);

}  // namespace
}  // namespace faults
