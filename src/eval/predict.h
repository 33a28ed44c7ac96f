// The classes that a model predicts for images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "eval/images/load_image.h"
#include "eval/inference.h"
#include "eval/model.h"
#include "residual/image.h"
#include "residual/prediction.h"

namespace residual::eval {

using residual::Prediction;

/// The classes of the highest of one image's logits, likeliest first, as many as `order` has elements; `order` is overwritten.
/// Throws Error (kNumeric) when a logit is not finite.
std::vector<Prediction> likeliest(const Model& model, std::span<const float> logits, std::span<int64_t> order);

/// Predicts images in batches of one size. For one thread at a time; several of one model may run at once.
class Predictor {
 public:
  /// `shared`: of model->state, for other predictors too; null: its own. Of the options, batch_size and
  /// exif_orientation are used. Throws Error (kUsage) for options out of range.
  Predictor(std::shared_ptr<const Model> model, const Target& target, const PredictorOptions& options = {},
            std::shared_ptr<SharedInference> shared = nullptr);

  /// See residual/predictor.h.
  void predict(std::span<const ImageView> images, const PredictionOutputs& outputs);
  void predict(std::span<const EncodedImage> images, const PredictionOutputs& outputs);

  std::vector<Prediction> predict(const ImageView& image, int64_t top = 5);
  std::vector<Prediction> predict(const EncodedImage& image, int64_t top = 5);
  /// An image file of at most 1 GiB.
  std::vector<Prediction> predict(const std::filesystem::path& path, int64_t top = 5);

  /// Of one of the options' features; throws Error (kUsage) beyond them.
  FeatureShape feature_shape(size_t index) const;
  const Model& model() const noexcept { return *model_; }

 private:
  template <typename Images>
  void predict_all(const Images& images, const PredictionOutputs& outputs);
  template <typename One>
  std::vector<Prediction> predict_one(const One& image, int64_t top);
  void load(const ImageView& image, std::span<float> input);     // input: C,H,W
  void load(const EncodedImage& image, std::span<float> input);  // input: C,H,W

  std::shared_ptr<const Model> model_;
  bool exif_orientation_;
  std::shared_ptr<SharedInference> shared_;
  Inference inference_;
  LoadScratch scratch_;
};

}  // namespace residual::eval
