#include "residual/predictor.h"

#include "api/handles.h"

namespace residual {

void refuse_bytes(const eval::Model& model) {
  fail(ErrorKind::kUsage,
       "the weights of {} do not say how images are preprocessed for them; say it in LoadOptions::preprocessing, train them, or "
       "preprocess the images and pass floats",
       model.architecture.model);
}

Predictor::Predictor(std::unique_ptr<Ready> ready) : ready_(std::move(ready)) {}
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;
Predictor::~Predictor() = default;

void Predictor::predict(std::span<const ImageView> images, const PredictionOutputs& outputs) {
  guarded([&] {
    for (const ImageView& image : images) {
      if (image.type == ElementType::kUint8 && !ready_->takes_bytes) refuse_bytes(ready_->predictor.model());
    }
    ready_->predictor.predict(images, outputs);
  });
}

void Predictor::predict(std::span<const EncodedImage> images, const PredictionOutputs& outputs) {
  guarded([&] {
    if (!ready_->takes_bytes) refuse_bytes(ready_->predictor.model());
    ready_->predictor.predict(images, outputs);
  });
}

std::vector<Prediction> Predictor::predict(const ImageView& image, int64_t top) {
  return guarded([&] {
    if (image.type == ElementType::kUint8 && !ready_->takes_bytes) refuse_bytes(ready_->predictor.model());
    return ready_->predictor.predict(image, top);
  });
}

std::vector<Prediction> Predictor::predict(const EncodedImage& image, int64_t top) {
  return guarded([&] {
    if (!ready_->takes_bytes) refuse_bytes(ready_->predictor.model());
    return ready_->predictor.predict(image, top);
  });
}

std::vector<Prediction> Predictor::predict(const std::filesystem::path& file, int64_t top) {
  return guarded([&] {
    if (!ready_->takes_bytes) refuse_bytes(ready_->predictor.model());
    return ready_->predictor.predict(file, top);
  });
}

FeatureShape Predictor::feature_shape(size_t index) const {
  return ready_->predictor.feature_shape(index);
}

int64_t Predictor::classes() const {
  return ready_->predictor.model().architecture.classes;
}

ImageShape Predictor::input() const {
  return to_public(ready_->predictor.model().architecture.input);
}

}  // namespace residual
