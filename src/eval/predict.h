// What a model sees in one image.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "eval/evaluate.h"
#include "eval/model.h"

namespace residual::eval {

struct Prediction {
  int64_t index = 0;       ///< the class
  std::string label;       ///< its name
  double probability = 0;  ///< softmax
};

/// Predicts images one by one with one plan of batch size 1.
class Predictor {
 public:
  /// `model` must outlive the predictor.
  Predictor(Model& model, const Target& target);

  /// The `top` likeliest classes, likeliest first (all when there are fewer).
  std::vector<Prediction> predict(const Image& image, int64_t top = 5);
  /// A JPEG or PNG file. Throws Error (kBadFile) that names it.
  std::vector<Prediction> predict(const std::filesystem::path& path, int64_t top = 5);
  /// A JPEG or PNG file's bytes; `name` stands for it in messages.
  std::vector<Prediction> predict(std::span<const std::byte> encoded, std::string_view name, int64_t top = 5);

 private:
  Model& model_;
  Session session_;
};

}  // namespace residual::eval
