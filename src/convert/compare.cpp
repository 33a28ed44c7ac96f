#include "convert/compare.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "convert/layers.h"
#include "core/floating.h"
#include "core/rng.h"
#include "data/loader.h"
#include "eval/evaluate.h"

namespace residual::convert {
namespace {

size_t elements_of(const Shape& shape) {
  return static_cast<size_t>(shape.elements());
}

// Pictures of random bytes in the size of the input, prepared.
std::vector<float> random_pictures(const eval::Model& model, int64_t count) {
  const Shape& input = model.architecture.input;
  const size_t size = elements_of(input);
  Rng random(0, Purpose::kTest);
  std::vector<float> inputs(size * static_cast<size_t>(count));
  for (size_t at = 0; at < inputs.size(); at += size) {
    data::Picture picture{input[0], input[1], input[2], std::vector<uint8_t>(size)};
    for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.below(256));
    model.preprocessing.apply(picture, std::span(inputs).subspan(at, size));
  }
  return inputs;
}

// The inputs, prepared: pictures of the data set in their order, or random numbers as normalised pictures have them.
std::vector<float> inputs_for(const eval::Model& model, const data::Dataset* dataset, const CompareOptions& options) {
  const size_t picture = elements_of(model.architecture.input);
  std::vector<float> inputs;
  if (dataset == nullptr && options.own_preparation) return random_pictures(model, options.batch_size);
  if (dataset == nullptr) {
    Rng random(0, Purpose::kTest);
    inputs.resize(picture * static_cast<size_t>(options.batch_size));
    for (float& value : inputs) value = static_cast<float>(random.normal());
    return inputs;
  }
  const size_t wanted = static_cast<size_t>(std::min(options.pictures, dataset->size()));
  data::Loader loader(*dataset, model.preprocessing, {.batch_size = std::min<int64_t>(options.batch_size, dataset->size())});
  loader.start_epoch(0);
  while (inputs.size() < wanted * picture) {
    const data::Batch* batch = loader.next();
    if (batch == nullptr) break;
    inputs.insert(inputs.end(), batch->pictures.begin(),
                  batch->pictures.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(batch->count) * picture));
  }
  inputs.resize(std::min(inputs.size(), wanted * picture));
  return inputs;
}

std::vector<float> logits_of(eval::Model& model, const std::vector<float>& inputs, int64_t batch_size, int threads) {
  Session session(eval::inference_plan(model.architecture, batch_size, {.threads = threads, .tune = false}), model.state);
  const std::span<float> pictures = session.input<float>("pictures");
  const size_t picture = elements_of(model.architecture.input), classes = static_cast<size_t>(model.architecture.classes);
  std::vector<float> logits;
  for (size_t at = 0; at < inputs.size(); at += pictures.size()) {
    const size_t count = std::min(pictures.size(), inputs.size() - at);
    std::copy_n(inputs.begin() + static_cast<std::ptrdiff_t>(at), count, pictures.begin());
    session.run();
    const std::span<const float> rows = session.output<float>("logits").first(count / picture * classes);
    logits.insert(logits.end(), rows.begin(), rows.end());
  }
  return logits;
}

size_t likeliest(std::span<const float> row) {
  return static_cast<size_t>(std::ranges::max_element(row) - row.begin());
}

BatchComparison compare_logits(const std::vector<float>& a, const std::vector<float>& b, size_t classes, int64_t batch_size) {
  BatchComparison result{batch_size, static_cast<int64_t>(a.size() / classes)};
  result.absolute = largest_difference(a, b);
  double largest = 0;
  for (const float logit : a) largest = std::max(largest, std::abs(static_cast<double>(logit)));
  result.relative = result.absolute == 0 ? 0 : result.absolute / largest;
  for (size_t at = 0; at < a.size(); at += classes) {
    result.agree += likeliest(std::span(a).subspan(at, classes)) == likeliest(std::span(b).subspan(at, classes));
  }
  return result;
}

void check_comparable(const eval::Model& a, const eval::Model& b) {
  if (a.architecture.input != b.architecture.input) {
    fail(ErrorKind::kUsage, "the first model takes pictures of {}, the second of {}: they cannot be run on the same inputs",
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
  const std::vector<float> inputs = inputs_for(a, dataset, options);
  const std::vector<float> others = options.own_preparation ? inputs_for(b, dataset, options) : std::vector<float>();
  const auto classes = static_cast<size_t>(a.architecture.classes);
  Comparison result;
  result.same = true;
  for (const int64_t batch_size : {int64_t{1}, options.batch_size}) {
    const std::vector<float> first = logits_of(a, inputs, batch_size, options.threads);
    const std::vector<float> second = logits_of(b, options.own_preparation ? others : inputs, batch_size, options.threads);
    const BatchComparison batch = compare_logits(first, second, classes, batch_size);
    result.same = result.same && batch.relative <= options.tolerance && batch.agree == batch.pictures;
    result.batches.push_back(batch);
  }
  if (!result.same && !options.own_preparation) {
    const std::span<const float> picture = std::span(inputs).first(elements_of(a.architecture.input));
    result.first = first_different_layer(a, b, picture, options);
  }
  return result;
}

}  // namespace residual::convert
