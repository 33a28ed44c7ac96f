// Predictions in batches, into the caller's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "residual/export.h"
#include "residual/image.h"
#include "residual/prediction.h"

namespace residual {

/// A model made ready to run, see Model::predictor: its own working memory for one batch beside the model's weights. Movable; one
/// thread at a time, while other predictors of the same model may run in other threads. It keeps the weights that the model had
/// when it was made, whatever happens to the model.
///
/// All functions throw Error: kBadFile for an image that cannot be decoded or that the preprocessing refuses, naming it; kUsage
/// for sizes that do not fit each other, for bytes where the model's preprocessing is unknown, and in a process that was forked
/// after the library had started its threads; kNumeric when the network's outputs are not finite; kResource.
class RESIDUAL_API Predictor {
 public:
  /// Any number of images, computed in batches of PredictorOptions::batch_size.
  void predict(std::span<const ImageView> images, const PredictionOutputs& outputs);
  void predict(std::span<const EncodedImage> images, const PredictionOutputs& outputs);

  /// The `top` likeliest classes of one image, likeliest first; all classes when there are fewer.
  std::vector<Prediction> predict(const ImageView& image, int64_t top = 5);
  std::vector<Prediction> predict(const EncodedImage& image, int64_t top = 5);
  /// An image file.
  std::vector<Prediction> predict(const std::filesystem::path& file, int64_t top = 5);

  int64_t classes() const;
  FeatureShape feature_shape(size_t index) const;  ///< of one of PredictorOptions::features. Throws Error (kUsage) beyond them
  ImageShape input() const;                        ///< of the network; images of bytes may have any size

  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

 private:
  friend class Model;
  struct Ready;
  explicit Predictor(std::unique_ptr<Ready> ready);
  std::unique_ptr<Ready> ready_;
};

}  // namespace residual
