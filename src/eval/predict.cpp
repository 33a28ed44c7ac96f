#include "eval/predict.h"

#include <algorithm>

#include "core/limits.h"
#include "core/system/file.h"
#include "eval/logits.h"
#include "image/image_view.h"

namespace residual::eval {
namespace {

int64_t checked_batch(int64_t batch) {
  if (batch < 1 || batch > kMostBatch) fail(ErrorKind::kUsage, "the batch size is {}, expected 1 to {}", batch, kMostBatch);
  return batch;
}

// Elements of a span for each of `images` images. Throws Error (kUsage) unless they are equally many, within least … most.
size_t per_image(size_t elements, size_t images, size_t least, size_t most, const char* what) {
  if (elements == 0) return 0;
  const size_t each = elements / images;
  if (each * images == elements && each >= least && each <= most) return each;
  fail(ErrorKind::kUsage, "the memory for the {} of {} images has {} elements, expected {} an image", what, images, elements,
       least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most));
}

// The rows of the caller's memory that belong to one image.
class OutputRows {
 public:
  OutputRows(const PredictionOutputs& outputs, size_t images, size_t classes)
      : outputs_(outputs),
        logits_(per_image(outputs.logits.size(), images, classes, classes, "logits")),
        probabilities_(per_image(outputs.probabilities.size(), images, classes, classes, "probabilities")),
        classes_(per_image(outputs.top_classes.size(), images, 1, classes, "classes")),
        top_(per_image(outputs.top_probabilities.size(), images, 1, classes, "probabilities")) {}

  void write(size_t image, std::span<const float> logits) {
    check_finite(logits);
    const Softmax softmax(logits);
    const auto probability = [&](float logit) { return static_cast<float>(softmax(logit)); };
    if (logits_ > 0) std::ranges::copy(logits, row(outputs_.logits, image, logits_).begin());
    if (probabilities_ > 0)
      std::ranges::transform(logits, row(outputs_.probabilities, image, probabilities_).begin(), probability);
    order_.resize(std::max(classes_, top_));
    top_classes(logits, order_);
    if (classes_ > 0)
      std::ranges::copy_n(order_.begin(), static_cast<std::ptrdiff_t>(classes_),
                          row(outputs_.top_classes, image, classes_).begin());
    const std::span<float> top = row(outputs_.top_probabilities, image, top_);
    for (size_t i = 0; i < top.size(); ++i) top[i] = probability(logits[static_cast<size_t>(order_[i])]);
  }

 private:
  template <typename T>
  static std::span<T> row(std::span<T> all, size_t image, size_t size) {
    return size == 0 ? std::span<T>() : all.subspan(image * size, size);
  }

  const PredictionOutputs& outputs_;
  size_t logits_, probabilities_, classes_, top_;  // elements an image
  std::vector<int64_t> order_;
};

}  // namespace

std::vector<Prediction> likeliest(const Model& model, std::span<const float> logits, std::span<int64_t> order) {
  check_finite(logits);
  const Softmax softmax(logits);
  top_classes(logits, order);
  std::vector<Prediction> result;
  for (const int64_t index : order) result.push_back({index, model.label(index), softmax(logits[static_cast<size_t>(index)])});
  return result;
}

Predictor::Predictor(std::shared_ptr<const Model> model, const Target& target, const PredictorOptions& options,
                     std::shared_ptr<SharedInference> shared)
    : model_(std::move(model)),
      exif_orientation_(options.exif_orientation.value_or(model_->preprocessing.exif_orientation())),
      shared_(shared ? std::move(shared) : std::make_shared<SharedInference>(model_->architecture, model_->state)),
      inference_(*shared_, checked_batch(options.batch_size), target, {.features = options.features}) {}

FeatureShape Predictor::feature_shape(size_t index) const {
  if (index >= inference_.features())
    fail(ErrorKind::kUsage, "feature {} of {} was requested; PredictorOptions::features names them", index,
         inference_.features());
  const Shape shape = inference_.feature_shape(index);
  return {shape[0], shape[1], shape[2]};
}

void Predictor::load(const ImageView& image, std::span<float> input) {
  if (image.type == ElementType::kFloat32) {
    const Shape& expected = model_->architecture.input;
    if (Shape{image.shape.channels, image.shape.height, image.shape.width} != expected) {
      fail(ErrorKind::kUsage, "the image of floats is {}x{}x{}, the network takes {}", image.shape.channels, image.shape.height,
           image.shape.width, to_string(expected));
    }
    return copy_planes(image, input);
  }
  copy_pixels(image, scratch_.image);
  model_->preprocessing.apply(scratch_.image, input, scratch_.preprocessing);
}

void Predictor::load(const EncodedImage& image, std::span<float> input) {
  load_image(*model_, image, exif_orientation_, input, scratch_);
}

template <typename Images>
void Predictor::predict_all(const Images& images, const PredictionOutputs& outputs) {
  if (images.empty()) return;
  const auto classes = static_cast<size_t>(model_->architecture.classes), batch = static_cast<size_t>(inference_.batch());
  const size_t elements = inference_.images().size() / batch;  // of one image
  OutputRows rows(outputs, images.size(), classes);
  if (outputs.features.size() > inference_.features())
    fail(ErrorKind::kUsage, "there is memory for {} features, the predictor computes {}", outputs.features.size(),
         inference_.features());
  std::vector<size_t> sizes;  // of each feature of one image; 0: not written
  for (size_t f = 0; f < outputs.features.size(); ++f) {
    const auto size = static_cast<size_t>(inference_.feature_shape(f).elements());
    sizes.push_back(per_image(outputs.features[f].size(), images.size(), size, size, "features"));
  }
  for (size_t first = 0; first < images.size(); first += batch) {
    // Rows behind a partial batch keep the images of the batch before: no row affects another, and they are not used.
    const size_t count = std::min(batch, images.size() - first);
    for (size_t i = 0; i < count; ++i) load(images[first + i], inference_.images().subspan(i * elements, elements));
    inference_.run();
    for (size_t i = 0; i < count; ++i) rows.write(first + i, inference_.logits().subspan(i * classes, classes));
    for (size_t f = 0; f < sizes.size(); ++f) {
      if (sizes[f] > 0)
        std::ranges::copy(inference_.feature(f).first(count * sizes[f]), outputs.features[f].subspan(first * sizes[f]).begin());
    }
  }
}

template <typename One>
std::vector<Prediction> Predictor::predict_one(const One& image, int64_t top) {
  if (top < 1) fail(ErrorKind::kUsage, "the number of classes to predict is {}, at least 1 is expected", top);
  const int64_t classes = model_->architecture.classes;
  std::vector<float> logits(static_cast<size_t>(classes));
  std::vector<int64_t> order(static_cast<size_t>(std::min(top, classes)));
  predict_all(std::span(&image, 1),
              {.logits = logits, .probabilities = {}, .top_classes = {}, .top_probabilities = {}, .features = {}});
  return likeliest(*model_, logits, order);
}

void Predictor::predict(std::span<const ImageView> images, const PredictionOutputs& outputs) {
  predict_all(images, outputs);
}

void Predictor::predict(std::span<const EncodedImage> images, const PredictionOutputs& outputs) {
  predict_all(images, outputs);
}

std::vector<Prediction> Predictor::predict(const ImageView& image, int64_t top) {
  return predict_one(image, top);
}

std::vector<Prediction> Predictor::predict(const EncodedImage& image, int64_t top) {
  return predict_one(image, top);
}

std::vector<Prediction> Predictor::predict(const std::filesystem::path& path, int64_t top) {
  const std::vector<std::byte> bytes = read_file(path, size_t{1} << 30);
  const std::string name = path.string();
  return predict(EncodedImage{bytes, name}, top);
}

}  // namespace residual::eval
