// A plan as text, against a committed file: every change of fusion, order or placement shows as a readable difference.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "passes/fold_batch_norm.h"
#include "runtime/plan.h"
#include "support/targets.h"
#include "train/step/training_graph.h"

namespace residual {
namespace {

std::string read_golden(const std::string& name) {
  std::ifstream file(std::string(RESIDUAL_SOURCE_DIR) + "/tests/runtime/golden/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

train::TrainOptions tiny() {
  train::TrainOptions options;
  options.architecture = {"resnet8", Shape{3, 8, 8}, 4, models::Shortcut::kB};
  options.batch_size = 2;
  return options;
}

// Plans of the reference backend are the same on every processor; those of the CPU backend depend on its instruction sets.
TEST(PlanText, OfInferenceEqualsTheCommittedText) {
  const auto plan = compile(fold_batch_norm(models::inference_graph(tiny().architecture, 2)), support::reference_target(1));
  EXPECT_EQ(plan->to_text(), read_golden("inference_plan.txt")) << plan->to_text();
}

TEST(PlanText, OfATrainingStepEqualsTheCommittedText) {
  const auto plan = compile(train::training_graph(tiny()), support::reference_target(1));
  EXPECT_EQ(plan->to_text(), read_golden("training_plan.txt")) << plan->to_text();
}

}  // namespace
}  // namespace residual
