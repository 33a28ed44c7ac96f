#include "convert/names.h"

#include <gtest/gtest.h>

namespace residual::convert {
namespace {

// How one name is spelled among others that keep it from being stripped or taken for something else.
std::string spelled(const std::string& name, std::vector<std::string> others = {"bn1.weight", "other"}) {
  others.push_back(name);
  for (const auto& [spelling, original] : common_spelling(others)) {
    if (original == name) return spelling;
  }
  return "";
}

TEST(Names, AWrapperThatAllNamesShareIsTakenAway) {
  const auto names = common_spelling({"module.model.conv1.weight", "module.model.fc.bias"});
  EXPECT_EQ(names, (std::map<std::string, std::string>{{"conv1.weight", "module.model.conv1.weight"},
                                                       {"head.bias", "module.model.fc.bias"}}));
}

TEST(Names, ANameThatIsNothingButAWrapperStays) {
  EXPECT_EQ(common_spelling({"resnet"}), (std::map<std::string, std::string>{{"resnet", "resnet"}}));
  EXPECT_EQ(common_spelling({"resnet", "bn1.weight"}).size(), 2U);
}

TEST(Names, CountersOfTrainingStepsAreLeftOut) {
  EXPECT_EQ(common_spelling({"bn1.num_batches_tracked", "bn1.weight"}).size(), 1U);
}

TEST(Names, ShortcutsAndLastLayersAreSpelledAlike) {
  for (const char* name : {"layer1.0.downsample.0.weight", "layer1.0.shortcut.0.weight", "layer1.0.projection.0.weight"}) {
    EXPECT_EQ(spelled(name), "layer1.0.shortcut.0.weight") << name;
  }
  for (const char* name :
       {"fc.weight", "linear.weight", "classifier.weight", "head.weight", "head.fc.weight", "classifier.1.weight"}) {
    EXPECT_EQ(spelled(name), "head.weight") << name;
  }
  EXPECT_EQ(spelled("classifier.6.weight"), "classifier.6.weight");
}

TEST(Names, NumberedBottlenecksAndStagesOfThePaperBecomeTheirLayers) {
  const std::vector<std::string> others{"conv1.0.weight"};
  EXPECT_EQ(spelled("conv2.0.bottleneck.0.weight", others), "layer1.0.conv1.weight");
  EXPECT_EQ(spelled("conv2.0.bottleneck.1.running_mean", others), "layer1.0.bn1.running_mean");
  EXPECT_EQ(spelled("conv3.2.bottleneck.6.weight", others), "layer2.2.conv3.weight");
  EXPECT_EQ(spelled("conv5.0.bottleneck.7.bias", others), "layer4.0.bn3.bias");
  EXPECT_EQ(spelled("conv3_x.1.residual_function.3.weight", others), "layer2.1.conv2.weight");
  EXPECT_EQ(spelled("conv1.1.weight", {"fc.weight"}), "bn1.weight");
  EXPECT_EQ(spelled("conv1.0.weight", {"bn1.weight", "other"}), "conv1.0.weight");  // a stem of several convolutions
}

TEST(Names, DenseNetsOldNamesBecomeItsNewOnes) {
  EXPECT_EQ(spelled("features.denseblock1.denselayer2.norm.1.weight"), "features.denseblock1.denselayer2.norm1.weight");
  EXPECT_EQ(spelled("features.denseblock1.denselayer2.conv.2.weight"), "features.denseblock1.denselayer2.conv2.weight");
  EXPECT_EQ(spelled("features.transition1.norm.weight"), "features.transition1.norm.weight");
}

TEST(Names, HuggingFacesNamesBecomeTorchvisions) {
  EXPECT_EQ(spelled("resnet.embedder.embedder.convolution.weight"), "conv1.weight");
  EXPECT_EQ(spelled("resnet.embedder.embedder.normalization.bias", {"other"}), "bn1.bias");
  EXPECT_EQ(spelled("resnet.encoder.stages.1.layers.0.shortcut.convolution.weight"), "layer2.0.shortcut.0.weight");
  EXPECT_EQ(spelled("resnet.encoder.stages.1.layers.0.shortcut.normalization.weight"), "layer2.0.shortcut.1.weight");
  EXPECT_EQ(spelled("resnet.encoder.stages.3.layers.2.layer.1.normalization.running_var"), "layer4.2.bn2.running_var");
}

TEST(Names, WhereTwoWouldBeSpelledAlikeAllKeepTheirOwn) {
  const auto names = common_spelling({"fc.weight", "linear.weight", "a.downsample.0.weight"});
  EXPECT_TRUE(names.contains("fc.weight"));
  EXPECT_TRUE(names.contains("a.downsample.0.weight"));
}

}  // namespace
}  // namespace residual::convert
