// How large a network and a run may be: what options take and our files hold; readers of other formats refuse the rest at once.
#pragma once

#include <cstdint>

namespace residual {

inline constexpr int64_t kMostSide = 4096;  ///< of a network's input: channels, rows, columns
inline constexpr int64_t kLeastClasses = 2, kMostClasses = 1'000'000;
inline constexpr int64_t kMostBatch = 65'536;  ///< images
inline constexpr int64_t kMostEpochs = 1'000'000;
inline constexpr int64_t kMostThreads = 1024, kMostLoaderThreads = 256;

}  // namespace residual
