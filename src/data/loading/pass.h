// One pass over all images of a data set, on several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/overview/left_out.h"
#include "image/image.h"

namespace residual::data {

/// Callbacks of a long pass, from the thread that waits for it, every 50 ms; any may be empty.
struct PassObserver {
  std::function<void(int64_t done, int64_t all)> progress;
  std::function<bool()> stop;  ///< true: the pass ends and throws Error (kInterrupted)
};

/// Calls work(thread, index, image) for every index below `count`, `image` being memory of the thread's own. Returns the images,
/// called name(index), for which it threw Error (kBadFile), in order; rethrows anything else.
std::vector<BrokenImage> over_images(int64_t count, int threads, const PassObserver& observer,
                                     const std::function<void(int thread, int64_t index, Image& image)>& work,
                                     const std::function<std::string(int64_t index)>& name);

}  // namespace residual::data
