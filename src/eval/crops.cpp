#include "eval/crops.h"

#include <algorithm>
#include <chrono>

#include "data/loader.h"

namespace residual::eval {
namespace {

// Adds the logits of every picture of the data set, N,classes, once through.
void add_logits(Session& session, const data::Preprocessing& preprocessing, const data::Dataset& dataset,
                const EvaluateOptions& options, std::vector<float>& sums, const std::function<void(int64_t)>& done) {
  data::Loader loader(dataset, preprocessing, {.batch_size = options.batch_size, .threads = options.loader_threads});
  loader.start_epoch(0);
  const size_t classes = session.output<float>("logits").size() / static_cast<size_t>(options.batch_size);
  size_t first = 0;
  while (const data::Batch* batch = loader.next()) {
    std::ranges::copy(batch->pictures, session.input<float>("pictures").begin());
    session.run();
    const std::span<const float> logits = session.output<float>("logits");
    const size_t count = static_cast<size_t>(batch->count) * classes;
    for (size_t i = 0; i < count; ++i) sums[first + i] += logits[i];
    first += count;
    done(batch->count);
  }
}

}  // namespace

Evaluation evaluate_crops(Model& model, const data::Dataset& dataset, int64_t crops, const EvaluateOptions& options) {
  const std::vector<data::Preprocessing> views = model.preprocessing.crops(crops);
  if (crops == 1) return evaluate(model, dataset, options);
  const int64_t classes = model.architecture.classes;
  check_classes(dataset, classes);
  const auto start = std::chrono::steady_clock::now();
  Session session(inference_plan(model.architecture, options.batch_size, options), model.state);
  std::vector<float> logits(static_cast<size_t>(dataset.size() * classes));
  int64_t done = 0;
  for (const data::Preprocessing& view : views) {
    add_logits(session, view, dataset, options, logits, [&](int64_t count) {
      done += count;
      if (options.progress) options.progress(done / crops, dataset.size());
    });
  }
  for (float& logit : logits) logit /= static_cast<float>(crops);

  std::vector<int64_t> labels(static_cast<size_t>(dataset.size()));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = dataset.label(static_cast<int64_t>(i));
  Evaluation result;
  result.confusion.assign(static_cast<size_t>(classes), std::vector<int64_t>(static_cast<size_t>(classes)));
  const BatchScore scored = score(logits, labels, classes, &result.confusion);
  result.images = dataset.size();
  result.correct = scored.correct;
  result.correct5 = scored.correct5;
  result.loss = scored.loss_sum / static_cast<double>(std::max<int64_t>(result.images, 1));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace residual::eval
