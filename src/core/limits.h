// What a model file can hold of a network; readers of other formats refuse the rest at once.
#pragma once

#include <cstdint>

namespace residual {

inline constexpr int64_t kMostSide = 8192;  ///< of a network's input: channels, rows, columns
inline constexpr int64_t kLeastClasses = 2, kMostClasses = 10'000'000;

}  // namespace residual
