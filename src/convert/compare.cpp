#include "convert/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "convert/first_difference.h"
#include "core/rng.h"
#include "core/tensor/floating.h"
#include "data/loading/loader.h"
#include "eval/evaluate.h"
#include "eval/inference.h"
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

// N,classes of N images, at most a batch, until the next call.
std::span<const float> logits_of(eval::Inference& inference, std::span<const float> images, size_t image, size_t classes) {
  std::ranges::copy(images, inference.images().begin());
  inference.run();
  return inference.logits().first(images.size() / image * classes);
}

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

// A model and what its sessions share, whatever their batch size.
struct Compared {
  explicit Compared(const eval::Model& compared) : model(compared), shared(compared.architecture, compared.state) {}
  const eval::Model& model;
  eval::SharedInference shared;
};

// One pass over the images for each batch size: no more than a few batches of them are in memory.
BatchComparison compare_batches(Compared& first_model, Compared& second_model, const data::Dataset* dataset,
                                const CompareOptions& options, int64_t batch_size) {
  const eval::Model &a = first_model.model, &b = second_model.model;
  eval::Inference first(first_model.shared, batch_size, options.target), second(second_model.shared, batch_size, options.target);
  const size_t image = elements_of(a.architecture.input);
  const auto classes = static_cast<size_t>(a.architecture.classes);
  Inputs inputs(a, dataset, options, batch_size);
  std::optional<Inputs> others;
  if (options.own_preprocessing) others.emplace(b, dataset, options, batch_size);
  BatchComparison result{.batch_size = batch_size};
  double largest = 0;
  for (std::span<const float> images = inputs.next(); !images.empty(); images = inputs.next()) {
    const std::span<const float> logits = logits_of(second, others ? others->next() : images, image, classes);
    const std::span<const float> expected = logits_of(first, images, image, classes);
    eval::check_finite(expected);  // nothing equals NaN
    add_logits(expected, logits, classes, result, largest);
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

// Where only one says how it prepares images, the other takes them so too.
void share_preprocessing(const LoadedModel& from, LoadedModel& to, const std::filesystem::path& path) {
  if (!to.model.preprocessing_known && from.model.preprocessing_known) prepare(to, from.model.preprocessing, path);
}

}  // namespace

std::string_view name_of(Prepared prepared) {
  switch (prepared) {
    case Prepared::kAlike: return "alike";
    case Prepared::kByTheFirst: return "by the first";
    case Prepared::kByEach: break;
  }
  return "by each";
}

void share_preprocessing(LoadedModel& a, const std::filesystem::path& a_path, LoadedModel& b,
                         const std::filesystem::path& b_path) {
  share_preprocessing(a, b, b_path);
  share_preprocessing(b, a, a_path);
}

Comparison compare_as_prepared(LoadedModel& a, LoadedModel& b, const data::Dataset* dataset, CompareOptions options) {
  const data::Preprocessing &first = a.model.preprocessing, &second = b.model.preprocessing;
  Comparison comparison = compare(a.model, b.model, dataset, options);
  if (!a.model.preprocessing_known || !b.model.preprocessing_known || first == second) return comparison;
  // The data set applies the Exif orientation, the same for both.
  if (!comparison.same && first.exif_orientation() == second.exif_orientation()) {
    options.own_preprocessing = true;
    Comparison own = compare(a.model, b.model, dataset, options);
    own.prepared = Prepared::kByEach;
    if (own.same) return own;
  }
  comparison.prepared = Prepared::kByTheFirst;
  return comparison;
}

Comparison compare(eval::Model& a, eval::Model& b, const data::Dataset* dataset, const CompareOptions& options) {
  check_comparable(a, b);
  Comparison result;
  result.same = true;
  Compared first(a), second(b);
  for (const int64_t batch_size : {int64_t{1}, options.batch_size}) {
    const BatchComparison batch = compare_batches(first, second, dataset, options, batch_size);
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
