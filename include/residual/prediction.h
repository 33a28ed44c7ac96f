// The classes of an image, and the options and memory of a Predictor.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace residual {

/// Size of a stage's output, of one image.
struct FeatureShape {
  int64_t channels = 0, height = 0, width = 0;
  bool operator==(const FeatureShape&) const = default;
};

/// One class of one image.
struct Prediction {
  int64_t index = 0;       ///< the class
  std::string label;       ///< its name; its number where the model has no names
  double probability = 0;  ///< softmax, 0 … 1
};

struct PredictorOptions {
  std::string device = "auto";           ///< see devices()
  int threads = 0;                       ///< that compute; 0: see RuntimeOptions
  int64_t batch_size = 1;                ///< images that are computed at once; memory grows with it
  bool tune = true;                      ///< times kernels before the first use, where RuntimeOptions::tune allows it
  std::optional<bool> exif_orientation;  ///< turns encoded images upright as their Exif data say; empty: as in training
  /// Outputs of stages that are computed too, for detection, segmentation or retrieval: "C2" … "C5", the names of He et al. 2015,
  /// table 1; networks for small images end in "C4", VGGs begin with "C1".
  std::vector<std::string> features;
  bool operator==(const PredictorOptions&) const = default;
};

/// The caller's memory for the results of N images; an empty span is not written. Row-major.
struct PredictionOutputs {
  std::span<float> logits;                 ///< N,classes: the network's outputs
  std::span<float> probabilities;          ///< N,classes: softmax of the logits
  std::span<int64_t> top_classes;          ///< N,k: the k likeliest classes, likeliest first; k follows from the span's size
  std::span<float> top_probabilities;      ///< N,k: their probabilities
  std::vector<std::span<float>> features;  ///< N,C,H,W each, in the order of PredictorOptions::features; empty: not written
};

}  // namespace residual
