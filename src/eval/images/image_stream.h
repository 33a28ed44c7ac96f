// The classes of many images: read, decoded and preprocessed by threads, while the network computes the batch before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "eval/inference.h"
#include "eval/model.h"
#include "residual/prediction.h"
#include "runtime/target.h"

namespace residual::eval {

/// An image that is read when its turn comes. read: the file's bytes; called once, from any thread; may throw Error.
struct StreamedImage {
  std::string name;  ///< in messages
  std::function<std::vector<std::byte>()> read;
};

struct StreamOptions {
  Target target;
  int64_t batch_size = 0;                   ///< images that are computed at once; 0: default_stream_batch
  int loader_threads = 1;                   ///< at least 1
  int64_t top = 5;                          ///< classes of each image, at least 1
  std::optional<bool> exif_orientation;     ///< turns images upright as their Exif data say; empty: as in training
  std::shared_ptr<SharedInference> shared;  ///< of the model's state, for others too; null: its own
};

/// What became of one image: its likeliest classes, likeliest first, or why it is not usable.
struct StreamedResult {
  size_t index = 0;
  std::vector<residual::Prediction> predictions;
  std::optional<Error> error;  ///< of kind kBadFile
};

/// 1 for a few images, for which a larger batch would not repay its preparation; otherwise 32.
int64_t default_stream_batch(size_t images);

/// Calls use(result) for every image, in order, from the calling thread; what it throws ends the stream. Throws Error (kUsage)
/// for options out of range, (kNumeric) when the network's outputs are not finite.
void predict_stream(const Model& model, std::span<const StreamedImage> images, const StreamOptions& options,
                    const std::function<void(const StreamedResult&)>& use);

}  // namespace residual::eval
