#include "eval/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <tuple>

#include "core/log.h"
#include "data/loading/loader.h"
#include "eval/logits.h"

namespace residual::eval {

BatchScore score(std::span<const float> logits, std::span<const int64_t> labels, int64_t classes,
                 std::vector<std::vector<int64_t>>* confusion, std::vector<Mistake>* mistakes) {
  BatchScore result;
  for (size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = logits.subspan(i * static_cast<size_t>(classes), static_cast<size_t>(classes));
    const auto label = static_cast<size_t>(labels[i]);
    const auto best = static_cast<size_t>(std::ranges::max_element(row) - row.begin());
    int64_t better = 0;  // classes that come before the right one
    double sum = 0;
    check_finite(row);
    for (size_t c = 0; c < row.size(); ++c) {
      sum += std::exp(static_cast<double>(row[c]) - row[best]);
      better += row[c] > row[label] || (row[c] == row[label] && c < label);
    }
    result.correct += better == 0;
    result.correct5 += better < 5;
    const double loss = std::log(sum) + row[best] - row[label];
    result.loss_sum += loss;
    if (mistakes != nullptr && best != label)
      mistakes->push_back({static_cast<int64_t>(i), labels[i], static_cast<int64_t>(best), 1 / sum, loss});
    if (confusion != nullptr) ++(*confusion)[label][best];
  }
  return result;
}

namespace {

constexpr int kInputSlots = 3;  // of a session: one batch that the network reads and two that the loader prepares

// The `most` of highest loss of both lists, highest first; ties in the order of the data set.
void keep_worst(std::vector<Mistake>& worst, const std::vector<Mistake>& more, int64_t most) {
  worst.insert(worst.end(), more.begin(), more.end());
  std::ranges::sort(worst,
                    [](const Mistake& a, const Mistake& b) { return std::tie(b.loss, a.index) < std::tie(a.loss, b.index); });
  worst.resize(std::min(worst.size(), static_cast<size_t>(most)));
}

// sums += logits; after the last of several views they become the mean.
void add(std::span<const float> logits, std::span<float> sums, int64_t views, bool last) {
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += logits[i];
  if (!last) return;
  for (float& sum : sums) sum /= static_cast<float>(views);
}

}  // namespace

Evaluator::Evaluator(const models::Architecture& architecture, const data::Preprocessing& preprocessing, const State& state,
                     EvaluateOptions options)
    : classes_(architecture.classes),
      preprocessing_(preprocessing),
      options_(std::move(options)),
      shared_(architecture, state),
      inference_(shared_, options_.batch_size, options_.target, {.choices = options_.choices, .input_slots = kInputSlots}) {}

void check_classes(const data::Dataset& dataset, int64_t classes) {
  if (static_cast<int64_t>(dataset.classes().size()) == classes) return;
  fail(ErrorKind::kUsage,
       "the data has {} classes, the network distinguishes {}; use data with the classes that it was trained on",
       dataset.classes().size(), classes);
}

void Evaluator::pass(const data::Dataset& dataset, const data::Preprocessing& view, const Use& use) {
  data::LoaderOptions loading{.batch_size = options_.batch_size, .threads = options_.loader_threads};
  for (int slot = 0; slot < kInputSlots; ++slot) loading.slots.push_back({inference_.images(slot), {}});
  data::Loader loader(dataset, view, std::move(loading));
  loader.start_epoch(0);
  while (const data::Batch* batch = loader.next()) {
    // Rows after a partial batch keep images of an earlier batch: rows do not depend on each other in evaluation, and theirs are
    // not used.
    inference_.run(static_cast<int>(batch->slot), options_.stop);
    use(*batch, inference_.logits().first(static_cast<size_t>(batch->count * classes_)));
  }
}

void Evaluator::count(const data::Batch& batch, std::span<const float> logits, Evaluation& result) const {
  std::vector<Mistake> mistakes;
  const BatchScore scored = score(logits, batch.labels, classes_, &result.confusion, &mistakes);
  for (Mistake& mistake : mistakes) mistake.index = batch.samples[static_cast<size_t>(mistake.index)];
  keep_worst(result.worst, mistakes, options_.worst);
  result.images += batch.count;
  result.correct += scored.correct;
  result.correct5 += scored.correct5;
  result.loss += scored.loss_sum;
}

Evaluation Evaluator::run(const data::Dataset& dataset) {
  return run(dataset, {&preprocessing_, 1});
}

Evaluation Evaluator::run(const data::Dataset& dataset, std::span<const data::Preprocessing> views) {
  check_classes(dataset, classes_);
  const auto start = std::chrono::steady_clock::now();
  const auto classes = static_cast<size_t>(classes_);
  Evaluation result;
  result.confusion.assign(classes, std::vector<int64_t>(classes));
  inference_.prepare(options_.stop);  // the State may have changed since the last run
  const auto passes = static_cast<int64_t>(views.size());
  std::vector<float> sums(passes > 1 ? static_cast<size_t>(dataset.size()) * classes : 0);  // N,classes
  int64_t done = 0;
  for (const data::Preprocessing& view : views) {
    const bool last = &view == &views.back();
    pass(dataset, view, [&](const data::Batch& batch, std::span<const float> logits) {
      if (passes > 1) {
        const auto first = static_cast<size_t>(batch.index * options_.batch_size) * classes;
        const std::span<float> mean = std::span(sums).subspan(first, logits.size());
        add(logits, mean, passes, last);
        logits = mean;
      }
      if (last) count(batch, logits, result);
      done += batch.count;
      if (options_.progress) options_.progress(done / passes, dataset.size());
    });
  }
  result.loss /= static_cast<double>(std::max<int64_t>(result.images, 1));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Evaluation evaluate(const Model& model, const data::Dataset& dataset, EvaluateOptions options) {
  const std::vector<data::Preprocessing> views = model.preprocessing.crops(options.crops);
  ClassMatch match = match_classes(dataset.classes(), model.labels, model.architecture.classes);
  if (const std::string note = note_on(match, !model.labels.empty()); !note.empty()) warn("{}", note);
  const std::unique_ptr<data::Dataset> numbered = as_numbered_by(match, dataset, model.labels);
  const data::Dataset& evaluated = numbered ? *numbered : dataset;
  options.batch_size = std::min(options.batch_size, std::max<int64_t>(evaluated.size(), 1));
  Evaluation result = Evaluator(model.architecture, model.preprocessing, model.state, std::move(options)).run(evaluated, views);
  result.classes_by = match.by;
  result.images_left_out = dataset.size() - evaluated.size();
  if (result.images_left_out > 0) {
    const std::vector<int64_t> images = data::images_with_place(dataset, match.place);
    for (Mistake& mistake : result.worst) mistake.index = images[static_cast<size_t>(mistake.index)];
  }
  result.unknown_classes = std::move(match.unknown);
  return result;
}

}  // namespace residual::eval
