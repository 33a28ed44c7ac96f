// Figures as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace residual {

/// 1234567 -> "1,234,567".
std::string with_commas(int64_t number);

/// 7 -> "7 s", 83 -> "1 min 23 s", 3725 -> "1 h 02 min"; "?" when it is not finite or negative.
std::string duration(double seconds);

}  // namespace residual
