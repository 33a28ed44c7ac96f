// Compiling a network for use, training or evaluation reports its progress and ends where the caller stops it.
#include <gtest/gtest.h>
#include <residual/residual.h>

#include <cstdlib>

#include "support/surroundings.h"

namespace {

using namespace residual;

class Interruption : public testing::Test {
 protected:
  Interruption() { configure({.cache_folder = folder_.path(), .tune = true}); }
  ~Interruption() override { configure({}); }

  static Model fresh_model() {
    static int64_t side = 40;  // of a size that no test in this process has had: nothing is timed twice
    ++side;
    return Model::build("resnet8", {.input = {3, side, side}});
  }
  static ErrorKind kind_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kOther;
  }
  static Dataset data(const Model& model) {
    return Dataset::open("shapes", {.train_size = 32, .test_size = 10, .shape = model.input()});
  }

  const support::TemporaryFolder folder_;
};

TEST_F(Interruption, OfAWarmUpAndOfAPredictor) {
  const Model model = fresh_model();
  int asked = 0, reported = 0;
  const CompileObserver observer{[&](int64_t, int64_t) { ++reported; }, [&] { return ++asked > 20; }};
  EXPECT_EQ(kind_of([&] { model.warm_up({}, observer); }), ErrorKind::kInterrupted);
  EXPECT_GT(reported, 0);
  EXPECT_EQ(kind_of([&] { model.predictor({.batch_size = 2}, observer); }), ErrorKind::kInterrupted);
  model.warm_up();
  const std::vector<uint8_t> pixels(3 * 50 * 50, 77);
  EXPECT_EQ(model.predict(ImageView(pixels, {3, 50, 50}), 1).size(), 1u) << "the model is usable afterwards";
}

TEST_F(Interruption, OfTrainingBeforeItsFirstStep) {
  Model model = fresh_model();
  TrainingOptions options;
  options.batch_size = 16;
  int asked = 0, reported = 0, steps = 0;
  options.on_timing = [&](int64_t, int64_t) { ++reported; };
  options.on_progress = [&](const Progress&) { ++steps; };
  options.stop = [&] { return ++asked > 20; };
  EXPECT_EQ(kind_of([&] { model.train(data(model), options); }), ErrorKind::kInterrupted);
  EXPECT_GT(reported, 0);
  EXPECT_EQ(steps, 0);
}

TEST_F(Interruption, OfAnEvaluation) {
  const Model model = fresh_model();
  EvaluationOptions options;
  int asked = 0;
  options.tune = false;
  options.stop = [&] { return ++asked > 3; };
  EXPECT_EQ(kind_of([&] { model.evaluate(data(model), options); }), ErrorKind::kInterrupted);
}

}  // namespace
