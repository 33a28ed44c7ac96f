// The architecture of a model file reads back, and imported graphs are checked.
#include "models/architecture.h"

#include <gtest/gtest.h>

#include "models/table.h"
#include "train/step/training_graph.h"

namespace residual::models {
namespace {

TEST(Architecture, ReadsBackFromItsJson) {
  const Architecture architecture{"resnet32", {1, 28, 28}, 7, Shortcut::kB};
  const Architecture again = Architecture::from_json(architecture.to_json());
  EXPECT_EQ(again.to_json(), architecture.to_json());
  EXPECT_EQ(again.shortcut, Shortcut::kB);
  for (const char* bad :
       {"", "{}", "[]", R"({"model":"nothing","input":[3,32,32],"classes":10})",
        R"({"model":"resnet20","input":[3,32],"classes":10})", R"({"model":"resnet20","input":[3,32,-1],"classes":10})",
        R"({"model":"resnet20","input":[3,32,32],"classes":1e99})", R"({"model":"resnet20","input":[3,32,1e300],"classes":10})",
        R"({"model":"\u001b[31m","input":[3,32,32],"classes":10,"graph":"x"})"}) {
    EXPECT_THROW(Architecture::from_json(bad), Error) << bad;
  }
}

TEST(Architecture, OfVersion010ReadsItsOldKeyAndWritesTodays) {
  const Architecture old = Architecture::from_json(R"({"model":"resnet20","input":[3,32,32],"classes":10,"shrink":"max"})");
  EXPECT_EQ(old.shortcut_pool, ShortcutPool::kMax);
  EXPECT_EQ(old.to_json(), R"({"model":"resnet20","input":[3,32,32],"classes":10,"shortcut_pool":"max"})");
  EXPECT_EQ(Architecture::from_json(old.to_json()).shortcut_pool, ShortcutPool::kMax);
}

Architecture imported() {
  Architecture architecture{"imported", {3, 16, 16}, 5};
  architecture.graph = to_text(inference_graph({"resnet8", {3, 16, 16}, 5, Shortcut::kB}, 1));
  return architecture;
}

TEST(ImportedGraph, ReadsBackAndTakesAnyBatch) {
  const Architecture again = Architecture::from_json(imported().to_json());
  EXPECT_EQ(to_text(inference_graph(again, 1)), imported().graph);
  EXPECT_EQ(to_text(inference_graph(again, 3)), to_text(inference_graph({"resnet8", {3, 16, 16}, 5, Shortcut::kB}, 3)));
}

TEST(ImportedGraph, IsNotTrained) {
  train::TrainOptions options;
  options.architecture = imported();
  EXPECT_THROW(train::training_graph(options), Error);
}

TEST(ImportedGraph, ThatIsNoClassifierOfSuchImagesIsRefused) {
  Architecture classes = imported(), input = imported(), outputs = imported(), text = imported(), inputs = imported();
  classes.classes = 6;
  EXPECT_THROW(inference_graph(classes, 1), Error);
  input.input = {3, 32, 32};
  EXPECT_THROW(inference_graph(input, 1), Error);
  outputs.graph.replace(outputs.graph.find("output \"logits\""), 15, "output \"scores\"");
  EXPECT_THROW(inference_graph(outputs, 1), Error);
  text.graph.resize(text.graph.size() / 2);
  EXPECT_THROW(inference_graph(text, 1), Error);
  Graph two = inference_graph({"resnet8", {3, 16, 16}, 5}, 1);
  two.input("more", {DType::kF32, Shape{1, 3, 16, 16}});
  inputs.graph = to_text(two);
  EXPECT_THROW(inference_graph(inputs, 1), Error);
  EXPECT_THROW(inference_graph(imported(), 1, DType::kF64), Error);
}

}  // namespace
}  // namespace residual::models
