// A command run again and again, each time with another fault.
#pragma once

#include <string>
#include <vector>

#include "commands.h"
#include "launch.h"

namespace faults {

/// Up to `most` faults at evenly spaced calls among all of that kind in a run without faults; the first and the last included.
std::vector<Fault> spread(const Command& command, const std::string& kind, Fault::Effect effect, int64_t most);

/// Runs the command with each fault. Every fault whose run ends wrongly is a test failure that says what was wrong and how to
/// repeat it. Prints one line: command, kind, faults, how often each exit code came, killed, wrong.
void sweep(const Command& command, const std::vector<Fault>& faults);

}  // namespace faults
