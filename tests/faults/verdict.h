// Whether a run with a fault ended as it must.
#pragma once

#include <filesystem>
#include <string>

#include "commands.h"
#include "launch.h"

namespace faults {

/// What is wrong with it; "" where nothing is. Looks at how it ended, what it said and what it left in `folder`; where a run was
/// killed or failed half-way it is repeated there without a fault, which must give what a run without faults gives.
std::string wrong_with(const Command& command, const Fault& fault, const Ending& ending, const std::filesystem::path& folder);

}  // namespace faults
