// Many image files: finding them in folders, and the classes that a model predicts for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "residual/export.h"
#include "residual/prediction.h"

namespace residual {

/// Images on disk, and what lies beside them.
struct FoundImages {
  std::vector<std::filesystem::path> images;  ///< those of one folder sorted by path
  std::vector<std::filesystem::path> others;  ///< files in the folders that are no images
  int64_t hidden = 0;                         ///< hidden files, and those in hidden folders; `others` has none of them
};

/// A folder stands for the images in it and in all folders below, found by their first bytes whatever their names are; files that
/// are only called like images, and images of formats that are not read, are among them, so that using them tells what is wrong.
/// Any other path stands for itself. Throws Error (kBadFile) for a folder that cannot be listed or holds no image.
RESIDUAL_API FoundImages find_images(std::span<const std::filesystem::path> paths);

/// What became of one image file, see Model::predict_files.
struct FilePrediction {
  std::filesystem::path file;
  std::vector<Prediction> predictions;  ///< likeliest first; empty where the file cannot be used
  std::string error;                    ///< why not; empty where it can
};

struct PredictFilesOptions {
  int64_t top = 5;                       ///< classes of each image, at least 1; all where the model has fewer
  int64_t batch_size = 0;                ///< images that are computed at once; 0: 1 for few images, 32 for many
  std::string device = "auto";           ///< see devices()
  int threads = 0;                       ///< that compute; 0: see RuntimeOptions
  int loader_threads = 1;                ///< that read and preprocess images ahead
  bool tune = true;                      ///< times kernels before the first use, where RuntimeOptions::tune allows it
  std::optional<bool> exif_orientation;  ///< turns images upright as their Exif data say; empty: as in training
  std::function<void(int64_t done, int64_t all)> on_timing;  ///< before the first image, see CompileObserver
  std::function<bool()> stop;                                ///< asked for every image: true ends with Error (kInterrupted)
};

}  // namespace residual
