// Threads for work that may throw, such as reading files. Kernels use core/threads/threads.h.
#pragma once

#include <cstdint>
#include <functional>

namespace residual {

/// Calls work(part, begin, end) for `parts` contiguous parts of [0, count), each on a thread of its own; the calling thread takes
/// the first part and those for which no thread can be started. When all have ended, throws what the first of them that failed
/// threw. Fewer than one part are one.
void for_each_part(int64_t count, int64_t parts, const std::function<void(int64_t part, int64_t begin, int64_t end)>& work);

}  // namespace residual
