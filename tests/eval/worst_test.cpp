// Which mistakes an evaluation keeps, and evaluation in several crops.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "data/preprocessing/preprocessing.h"
#include "data/preprocessing/presets.h"
#include "eval/evaluate.h"
#include "runtime/state.h"
#include "support/targets.h"

namespace residual::eval {
namespace {

TEST(Score, SaysWhichImagesAreWrongWithTheGuessAndItsProbability) {
  const std::vector<float> logits{2, 0, 0, /**/ 0, 1, 0, /**/ 0, 0, 3};
  const std::vector<int64_t> labels{0, 0, 1};
  std::vector<Mistake> mistakes;
  const BatchScore scored = score(logits, labels, 3, nullptr, &mistakes);
  EXPECT_EQ(scored.correct, 1);
  ASSERT_EQ(mistakes.size(), 2U);
  EXPECT_EQ(mistakes[0].index, 1);
  EXPECT_EQ(mistakes[0].label, 0);
  EXPECT_EQ(mistakes[0].predicted, 1);
  EXPECT_NEAR(mistakes[0].probability, std::exp(1.0) / (std::exp(1.0) + 2), 1e-12);
  EXPECT_NEAR(mistakes[0].loss, std::log(std::exp(1.0) + 2), 1e-12);
  EXPECT_EQ(mistakes[1].predicted, 2);
}

data::DataSource shapes() {
  data::OpenOptions options;
  options.path = "shapes";
  options.train_size = 10;
  options.test_size = 50;
  options.shapes_height = options.shapes_width = 12;
  return data::open_data(options);
}

// A linear classifier with weights that differ from pixel to pixel, so that every crop has its own logits.
Model linear(const data::Preprocessing& preprocessing) {
  Model model{{.model = "linear", .input = preprocessing.output_shape(), .classes = 10}, preprocessing, {}, {}, {}};
  const Graph graph = models::inference_graph(model.architecture, 1);
  for (const auto& [name, variable] : graph.variables()) {
    Tensor tensor(variable.type.dtype, variable.type.shape);
    const std::span<float> values = tensor.as<float>();
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
    model.state.set(name, std::move(tensor));
  }
  return model;
}

TEST(Evaluation, KeepsTheMistakesOfTheHighestLossInOrder) {
  const data::DataSource source = shapes();
  Model model = linear(data::preset("divide-255", Shape{3, 12, 12}));
  const Evaluation all = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 8, .worst = 1000});
  EXPECT_EQ(static_cast<int64_t>(all.worst.size()), all.images - all.correct);
  for (size_t i = 1; i < all.worst.size(); ++i) EXPECT_GE(all.worst[i - 1].loss, all.worst[i].loss);
  for (const Mistake& mistake : all.worst) EXPECT_EQ(source.test->label(mistake.index), mistake.label);
  const Evaluation few = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16, .worst = 5});
  ASSERT_EQ(few.worst.size(), 5U);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(few.worst[i].index, all.worst[i].index);
  EXPECT_TRUE(evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16}).worst.empty());
}

TEST(Evaluation, TakesClassesByTheirNamesWhereTheDataHaveThemInAnotherOrder) {
  const data::DataSource source = shapes();
  Model model = linear(data::preset("divide-255", Shape{3, 12, 12}));
  const Evaluation by_number = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16});
  model.labels = source.classes();
  EXPECT_EQ(evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16}).loss, by_number.loss);
  std::swap(model.labels[0], model.labels[9]);
  const Evaluation by_name = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16});
  EXPECT_NE(by_name.loss, by_number.loss);
  const auto sum = [](const std::vector<int64_t>& row) { return std::accumulate(row.begin(), row.end(), int64_t{0}); };
  EXPECT_EQ(sum(by_name.confusion[0]), sum(by_number.confusion[9]));
  EXPECT_EQ(by_name.confusion[9], by_number.confusion[0]);
  model.labels[0] = "other";
  const Evaluation some = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16});
  EXPECT_EQ(some.images_left_out, sum(by_number.confusion[9]));
  EXPECT_EQ(some.confusion[9], by_name.confusion[9]);
}

// The mean of the ten logits, images one by one, is what evaluation in batches scores.
TEST(Crops, AverageTheLogitsOfEveryImage) {
  const data::DataSource source = shapes();
  using namespace data;
  const Preprocessing preprocessing({Decode{3}, CenterCrop{{8, 8}}, Divide{255}});
  Model model = linear(preprocessing);
  Session session(inference_plan(model.architecture, 1, support::cpu_target()), model.state);
  double loss = 0;
  for (int64_t i = 0; i < source.test->size(); ++i) {
    std::vector<float> sums(10);
    for (const Preprocessing& crop : preprocessing.crops(10)) {
      crop.apply(source.test->image(i), session.input<float>("images"));
      session.run();
      for (size_t c = 0; c < 10; ++c) sums[c] += session.output<float>("logits")[c] / 10;
    }
    loss += score(sums, std::vector<int64_t>{source.test->label(i)}, 10).loss_sum;
  }
  const Evaluation ten = evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16, .crops = 10});
  EXPECT_EQ(ten.images, source.test->size());
  EXPECT_NEAR(ten.loss, loss / static_cast<double>(source.test->size()), 1e-5);
  const Evaluation worst =
      evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16, .crops = 10, .worst = 5});
  ASSERT_EQ(worst.worst.size(), 5U);
  for (size_t i = 1; i < 5; ++i) EXPECT_GE(worst.worst[i - 1].loss, worst.worst[i].loss);
  for (const Mistake& mistake : worst.worst) EXPECT_EQ(source.test->label(mistake.index), mistake.label);
  EXPECT_EQ(evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16, .crops = 1}).loss,
            evaluate(model, *source.test, {.target = support::cpu_target(), .batch_size = 16}).loss);
}

}  // namespace
}  // namespace residual::eval
