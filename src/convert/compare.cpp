#include "convert/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "convert/layers.h"
#include "core/floating.h"
#include "core/rng.h"
#include "data/loader.h"
#include "eval/evaluate.h"
#include "eval/logits.h"

namespace residual::convert {
namespace {

size_t elements_of(const Shape& shape) {
  return static_cast<size_t>(shape.elements());
}

// Images of random bytes in the size of the input, prepared.
std::vector<float> random_images(const eval::Model& model, int64_t count) {
  const Shape& input = model.architecture.input;
  const size_t size = elements_of(input);
  Rng random(0, Purpose::kTest);
  std::vector<float> inputs(size * static_cast<size_t>(count));
  for (size_t at = 0; at < inputs.size(); at += size) {
    Image image{input[0], input[1], input[2], std::vector<uint8_t>(size)};
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.below(256));
    model.preprocessing.apply(image, std::span(inputs).subspan(at, size));
  }
  return inputs;
}

// Random numbers as normalised images have them.
std::vector<float> random_numbers(const Shape& input, int64_t count) {
  Rng random(0, Purpose::kTest);
  std::vector<float> inputs(elements_of(input) * static_cast<size_t>(count));
  for (float& value : inputs) value = static_cast<float>(random.normal());
  return inputs;
}

// What the models are run on, batch after batch: images of the data set in their order, prepared, or random ones.
class Inputs {
 public:
  Inputs(const eval::Model& model, const data::Dataset* dataset, const CompareOptions& options, int64_t batch_size)
      : image_(elements_of(model.architecture.input)), batch_size_(batch_size) {
    if (dataset != nullptr) {
      left_ = std::min(options.images, dataset->size());
      loader_.emplace(*dataset, model.preprocessing, data::LoaderOptions{.batch_size = std::min(batch_size, dataset->size())});
      loader_->start_epoch(0);
      return;
    }
    left_ = options.batch_size;
    random_ = options.own_preprocessing ? random_images(model, left_) : random_numbers(model.architecture.input, left_);
  }

  // N,C,H,W, at most a batch of them, until the next call; none at the end.
  std::span<const float> next() {
    const size_t left = static_cast<size_t>(left_) * image_;
    if (left == 0) return {};
    const std::span<const float> images = loader_ ? loader_->next()->images : std::span(random_).last(left);
    const size_t size = std::min({left, images.size(), static_cast<size_t>(batch_size_) * image_});
    left_ -= static_cast<int64_t>(size / image_);
    return images.first(size);
  }

 private:
  size_t image_;  // elements of one
  int64_t batch_size_, left_ = 0;
  std::optional<data::Loader> loader_;
  std::vector<float> random_;
};

// A model with one batch size.
class Runner {
 public:
  Runner(eval::Model& model, int64_t batch_size, const Target& target)
      : image_(elements_of(model.architecture.input)),
        classes_(static_cast<size_t>(model.architecture.classes)),
        session_(eval::inference_plan(model.architecture, batch_size, target), model.state) {}

  // N,classes of N images, until the next call.
  std::span<const float> logits_of(std::span<const float> images) {
    std::ranges::copy(images, session_.input<float>("images").begin());
    session_.run();
    return session_.output<float>("logits").first(images.size() / image_ * classes_);
  }

 private:
  size_t image_, classes_;
  Session session_;
};

size_t likeliest(std::span<const float> row) {
  return static_cast<size_t>(std::ranges::max_element(row) - row.begin());
}

// What one more batch of logits, N,classes, makes of the comparison; `largest` is that of the first model's so far.
void add_logits(std::span<const float> a, std::span<const float> b, size_t classes, BatchComparison& result, double& largest) {
  const double difference = largest_difference(a, b);
  // NaN stays: no difference is larger.
  if (difference > result.absolute || std::isnan(difference)) result.absolute = difference;
  for (const float logit : a) largest = std::max(largest, std::abs(static_cast<double>(logit)));
  for (size_t at = 0; at < a.size(); at += classes) {
    result.agree += likeliest(a.subspan(at, classes)) == likeliest(b.subspan(at, classes));
    ++result.images;
  }
}

// One pass over the images for each batch size: of the images no more than a few batches are in memory, of the models not
// both sizes at once.
BatchComparison compare_batches(eval::Model& a, eval::Model& b, const data::Dataset* dataset, const CompareOptions& options,
                                int64_t batch_size) {
  Runner first(a, batch_size, options.target), second(b, batch_size, options.target);
  Inputs inputs(a, dataset, options, batch_size);
  std::optional<Inputs> others;
  if (options.own_preprocessing) others.emplace(b, dataset, options, batch_size);
  BatchComparison result{.batch_size = batch_size};
  double largest = 0;
  for (std::span<const float> images = inputs.next(); !images.empty(); images = inputs.next()) {
    const std::span<const float> logits = second.logits_of(others ? others->next() : images);
    const std::span<const float> expected = first.logits_of(images);
    eval::check_finite(expected);  // nothing equals NaN
    add_logits(expected, logits, static_cast<size_t>(a.architecture.classes), result, largest);
  }
  result.relative = result.absolute == 0 ? 0 : result.absolute / largest;
  return result;
}

void check_comparable(const eval::Model& a, const eval::Model& b) {
  if (a.architecture.input != b.architecture.input) {
    fail(ErrorKind::kUsage, "the first model takes images of {}, the second of {}: they cannot be run on the same inputs",
         to_string(a.architecture.input), to_string(b.architecture.input));
  }
  if (a.architecture.classes != b.architecture.classes) {
    fail(ErrorKind::kUsage, "the first model tells {} classes apart, the second {}", a.architecture.classes,
         b.architecture.classes);
  }
}

}  // namespace

Comparison compare(eval::Model& a, eval::Model& b, const data::Dataset* dataset, const CompareOptions& options) {
  check_comparable(a, b);
  Comparison result;
  result.same = true;
  for (const int64_t batch_size : {int64_t{1}, options.batch_size}) {
    const BatchComparison batch = compare_batches(a, b, dataset, options, batch_size);
    result.same = result.same && batch.relative <= options.tolerance && batch.agree == batch.images;
    result.batches.push_back(batch);
  }
  if (!result.same && !options.own_preprocessing) {
    Inputs inputs(a, dataset, options, 1);
    result.first = first_different_layer(a, b, inputs.next(), options);
  }
  return result;
}

}  // namespace residual::convert
