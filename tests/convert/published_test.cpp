// Published weights come with their network, preprocessing and class names.
#include "convert/published.h"

#include <gtest/gtest.h>

#include "convert/models.h"
#include "convert/save.h"
#include "data/preprocessing/presets.h"
#include "eval/imagenet/imagenet.h"
#include "io/samples.h"
#include "models/table.h"

namespace residual::convert {
namespace {

using io::TemporaryFolder;

// PyTorch's file of a resnet8 without names of its classes.
std::filesystem::path weights(const TemporaryFolder& folder, int64_t classes) {
  models::Architecture architecture = models::published("resnet8");
  architecture.classes = classes;
  State state = initial_state(models::inference_graph(architecture, 1), 1);
  const eval::Model model{architecture, data::divided_by_255(architecture.input), {}, std::move(state), {}, false};
  save(folder / "weights.pth", model);
  return folder / "weights.pth";
}

const fetch::Entry kEntry{.name = "tiny-v2",
                          .kind = fetch::Kind::kWeights,
                          .summary = "",
                          .preset = "imagenet-v2",
                          .network = "resnet8",
                          .files = {},
                          .by_hand = ""};

TEST(Published, WeightsHaveTheirPreprocessingAndImagenetsClassNames) {
  const TemporaryFolder folder;
  const eval::Model model = load_published(kEntry, weights(folder, 1000)).model;
  EXPECT_EQ(model.architecture.model, "resnet8");
  EXPECT_EQ(model.architecture.input, (Shape{3, 224, 224}));
  EXPECT_TRUE(model.preprocessing_known);
  EXPECT_TRUE(model.preprocessing == data::preset("imagenet-v2"));
  EXPECT_EQ(model.labels, eval::imagenet_names());
}

TEST(Published, WeightsFollowTheCallersOptions) {
  const TemporaryFolder folder;
  const eval::Model model = load_published(kEntry, weights(folder, 10), {.preprocessing = "cifar10"}).model;
  EXPECT_TRUE(model.preprocessing == data::preset("cifar10", Shape{3, 32, 32}));
  EXPECT_TRUE(model.labels.empty()) << "ten classes are not ImageNet's";
}

TEST(Published, EveryEntryOfWeightsNamesANetworkAndAPreset) {
  for (const fetch::Entry& entry : fetch::catalogue()) {
    if (entry.kind != fetch::Kind::kWeights) continue;
    EXPECT_TRUE(models::is_model(entry.network)) << entry.name;
    EXPECT_NE(data::find_preset(entry.preset), nullptr) << entry.name;
  }
}

TEST(Published, DataAreNoWeights) {
  EXPECT_THROW(load_published(fetch::entry_named("mnist"), "mnist"), Error);
}

}  // namespace
}  // namespace residual::convert
