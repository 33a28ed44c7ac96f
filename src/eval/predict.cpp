#include "eval/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/file.h"
#include "image/orientation.h"

namespace residual::eval {

Predictor::Predictor(Model& model, const Target& target)
    : model_(model), session_(inference_plan(model.architecture, 1, target), model.state) {}

std::vector<Prediction> Predictor::predict(const Image& image, int64_t top) {
  if (top < 1) fail(ErrorKind::kUsage, "the number of classes to tell is {}, at least 1 is expected", top);
  model_.preprocessing.apply(image, session_.input<float>("images"));
  session_.run();
  const std::span<const float> logits = session_.output<float>("logits");
  check_finite(logits);
  const double highest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::vector<int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(order,
                           [&](int64_t a, int64_t b) { return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)]; });
  std::vector<Prediction> result;
  for (const int64_t index : order) {
    if (static_cast<int64_t>(result.size()) == top) break;
    result.push_back({index, model_.label(index), std::exp(logits[static_cast<size_t>(index)] - highest) / sum});
  }
  return result;
}

std::vector<Prediction> Predictor::predict(const std::filesystem::path& path, int64_t top) {
  return predict(std::span<const std::byte>(read_file(path, size_t{1} << 30)), path.string(), top);
}

std::vector<Prediction> Predictor::predict(std::span<const std::byte> encoded, std::string_view name, int64_t top) {
  Image image = decode_image(encoded, name, model_.preprocessing.channels());
  if (model_.preprocessing.exif_orientation()) make_upright(image, exif_orientation(encoded));
  try {
    return predict(image, top);
  } catch (const Error& error) {  // the preprocessing does not know whose image it refuses
    if (error.kind() != ErrorKind::kBadFile) throw;
    fail(ErrorKind::kBadFile, "'{}': {}", name, error.what());
  }
}

}  // namespace residual::eval
