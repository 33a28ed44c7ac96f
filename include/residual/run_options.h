// How a training run proceeds: none of it changes the trained weights.
#pragma once

#include <filesystem>

namespace residual {

struct RunOptions {
  int loader_threads = 1;  ///< that read and preprocess images ahead
  /// Folder for models, checkpoint, metrics and report. Of the library, empty: a temporary one, removed at the end.
  std::filesystem::path out;
  bool resume = false;             ///< continues from the checkpoint in `out`; without one, starts from the initial weights
  double checkpoint_minutes = 10;  ///< a checkpoint at least so often, beside one at the end of every epoch
};

}  // namespace residual
