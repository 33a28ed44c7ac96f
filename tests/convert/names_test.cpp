#include "convert/names/names.h"

#include <gtest/gtest.h>

#include "convert/names/prefixes.h"

namespace residual::convert {
namespace {

using Names = std::map<std::string, std::string>;

const Shape kConvolution{8, 8, 3, 3}, kLinear{10, 8}, kChannels{8};

// Of this kind by its name: convolutions, linear layers and norms are told apart by their weights' shapes.
Shapes layers(const std::vector<std::string>& convolutions, const std::vector<std::string>& norms = {},
              const std::vector<std::string>& linear = {}) {
  Shapes shapes;
  for (const std::string& name : convolutions) shapes.emplace(name + ".weight", kConvolution);
  for (const std::string& name : norms) {
    shapes.emplace(name + ".weight", kChannels);
    shapes.emplace(name + ".running_mean", kChannels);
  }
  for (const std::string& name : linear) shapes.emplace(name + ".weight", kLinear);
  return shapes;
}

// How the tensor `name` is spelled.
std::string spelled(const Shapes& shapes, const std::string& name, const std::string& prefix = {}) {
  for (const auto& [spelling, original] : common_spelling(shapes, prefix).names) {
    if (original == name) return spelling;
  }
  return "";
}

std::string spelled_convolution(const std::string& name) {
  return spelled(layers({name}), name + ".weight");
}

TEST(Names, WrappersAreDroppedAnywhere) {
  EXPECT_EQ(spelled_convolution("module.layer1.0.conv1"), "layer1.0.conv1.weight");
  EXPECT_EQ(spelled_convolution("_orig_mod.module.layer1.0.conv1"), "layer1.0.conv1.weight");
  EXPECT_EQ(spelled_convolution("layer1._orig_mod.0.module.conv1"), "layer1.0.conv1.weight");
}

TEST(Names, APrefixIsTakenAwayAndTheRestLiesOutside) {
  const Shapes shapes = layers({"backbone.layer1.0.conv1", "neck.conv"}, {"backbone.bn1"}, {"head.fc"});
  const Spelling spelling = common_spelling(shapes, "backbone");
  EXPECT_EQ(spelling.names, (Names{{"bn1.running_mean", "backbone.bn1.running_mean"},
                                   {"bn1.weight", "backbone.bn1.weight"},
                                   {"head.weight", "head.fc.weight"},
                                   {"layer1.0.conv1.weight", "backbone.layer1.0.conv1.weight"}}));
  EXPECT_EQ(spelling.outside, std::vector<std::string>{"neck.conv.weight"});
  const Spelling numbers = common_spelling(layers({"0.0", "0.2.0.conv1"}, {"0.1"}, {"1"}), "0");
  EXPECT_EQ(numbers.names.at("head.weight"), "1.weight");
  EXPECT_EQ(numbers.names.at("bn1.weight"), "0.1.weight");
}

TEST(Names, CountersOfTrainingStepsAreLeftOut) {
  EXPECT_EQ(
      common_spelling({{"bn1.num_batches_tracked", Shape{}}, {"bn1.weight", kChannels}, {"n_averaged", Shape{}}}).names.size(),
      1U);
}

TEST(Names, TheOnlyLinearLayerIsTheHeadWhateverItIsCalled) {
  for (const char* name : {"fc", "linear", "classifier", "head.fc", "classifier.1", "fc.1", "last_linear", "out", "my.output"}) {
    EXPECT_EQ(spelled(layers({"layer1.0.conv1"}, {}, {name}), std::string(name) + ".weight"), "head.weight") << name;
  }
}

TEST(Names, OfSeveralLinearLayersTheOneOfAUsualNameIsTheHead) {
  const Shapes shapes = layers({}, {}, {"fc", "auxiliary"});
  EXPECT_EQ(spelled(shapes, "fc.weight"), "head.weight");
  EXPECT_EQ(spelled(shapes, "auxiliary.weight"), "auxiliary.weight");
  EXPECT_EQ(spelled(layers({}, {}, {"classifier.0", "classifier.3", "classifier.6"}), "classifier.6.weight"),
            "classifier.6.weight");
  EXPECT_EQ(spelled(layers({}, {}, {"layer1.0.se.fc", "last"}), "last.weight"), "head.weight");
}

TEST(Names, ShortcutsAreSpelledAlike) {
  for (const char* name : {"downsample.0", "shortcut.0", "projection.0", "skip.conv", "shortcut"}) {
    EXPECT_EQ(spelled_convolution(std::string("layer1.0.") + name), "layer1.0.shortcut.0.weight") << name;
  }
  for (const char* name : {"layer1.0.downsample.1", "layer1.0.downsample.2", "layer1.0.shortcut.bn"}) {
    EXPECT_EQ(spelled(layers({}, {name}), std::string(name) + ".weight"), "layer1.0.shortcut.1.weight") << name;
  }
}

TEST(Names, StagesAreNumberedInTheirOrder) {
  const Shapes from_two = layers({"conv2_x.0.conv1", "conv3_x.0.conv1"});
  EXPECT_EQ(spelled(from_two, "conv3_x.0.conv1.weight"), "layer2.0.conv1.weight");
  const Shapes from_zero = layers({"layer0.0.conv1", "layer1.3.conv1"});
  EXPECT_EQ(spelled(from_zero, "layer1.3.conv1.weight"), "layer2.3.conv1.weight");
  EXPECT_EQ(spelled_convolution("stages.0.1.conv2"), "layer1.1.conv2.weight");
  EXPECT_EQ(spelled_convolution("block1.layer.0.conv1"), "layer1.0.conv1.weight");
}

TEST(Names, NumberedLayersOfABlockBecomeConvolutionsAndNorms) {
  const Shapes shapes = layers({"layer1.0.bottleneck.0", "layer1.0.bottleneck.3", "layer1.0.bottleneck.6"},
                               {"layer1.0.bottleneck.1", "layer1.0.bottleneck.4", "layer1.0.bottleneck.7"});
  EXPECT_EQ(spelled(shapes, "layer1.0.bottleneck.0.weight"), "layer1.0.conv1.weight");
  EXPECT_EQ(spelled(shapes, "layer1.0.bottleneck.1.running_mean"), "layer1.0.bn1.running_mean");
  EXPECT_EQ(spelled(shapes, "layer1.0.bottleneck.6.weight"), "layer1.0.conv3.weight");
  EXPECT_EQ(spelled(shapes, "layer1.0.bottleneck.7.weight"), "layer1.0.bn3.weight");
  const Shapes units = layers({"layer1.0.conv1.0", "layer1.0.conv2.conv"}, {"layer1.0.conv1.1", "layer1.0.conv2.bn"});
  EXPECT_EQ(spelled(units, "layer1.0.conv1.1.weight"), "layer1.0.bn1.weight");
  EXPECT_EQ(spelled(units, "layer1.0.conv2.conv.weight"), "layer1.0.conv2.weight");
}

TEST(Names, AStemOfOneConvolutionIsConv1) {
  for (const char* stem : {"conv1", "conv", "stem.conv", "conv1.0", "layer0.0"}) {
    EXPECT_EQ(spelled(layers({stem, "layer1.0.conv1"}), std::string(stem) + ".weight"), "conv1.weight") << stem;
  }
  const Shapes several = layers({"conv1.0", "conv1.3", "conv1.6"}, {"bn1"});
  EXPECT_EQ(spelled(several, "conv1.0.weight"), "conv1.0.weight");
  EXPECT_EQ(spelled_convolution("features.0"), "features.0.weight");
}

TEST(Names, AWholeNetworkInNumbersBecomesStemAndStages) {
  const Shapes shapes = layers({"0", "4.0.conv1", "5.0.conv1"}, {"1"}, {"9"});
  EXPECT_EQ(spelled(shapes, "0.weight"), "conv1.weight");
  EXPECT_EQ(spelled(shapes, "1.running_mean"), "bn1.running_mean");
  EXPECT_EQ(spelled(shapes, "5.0.conv1.weight"), "layer2.0.conv1.weight");
  EXPECT_EQ(spelled(shapes, "9.weight"), "head.weight");
}

TEST(Names, DenseNetsOldNamesBecomeItsNewOnes) {
  EXPECT_EQ(spelled(layers({}, {"features.denseblock1.denselayer2.norm.1"}), "features.denseblock1.denselayer2.norm.1.weight"),
            "features.denseblock1.denselayer2.norm1.weight");
  EXPECT_EQ(spelled_convolution("features.denseblock1.denselayer2.conv.2"), "features.denseblock1.denselayer2.conv2.weight");
  EXPECT_EQ(spelled(layers({}, {"features.transition1.norm"}), "features.transition1.norm.weight"),
            "features.transition1.norm.weight");
}

TEST(Names, HuggingFacesNamesBecomeTorchvisions) {
  EXPECT_EQ(spelled_convolution("resnet.embedder.embedder.convolution"), "conv1.weight");
  const std::string shortcut = "resnet.encoder.stages.0.layers.0.shortcut.convolution";
  const std::string norm = "resnet.encoder.stages.1.layers.2.layer.1.normalization";
  EXPECT_EQ(spelled(layers({shortcut}, {norm}), shortcut + ".weight"), "layer1.0.shortcut.0.weight");
  EXPECT_EQ(spelled(layers({shortcut}, {norm}), norm + ".running_mean"), "layer2.2.bn2.running_mean");
}

TEST(Names, WhereTwoWouldBeSpelledAlikeAllKeepTheirOwn) {
  const Shapes shapes = layers({"conv1", "module.conv1", "layer1.0.downsample.0"});
  EXPECT_EQ(spelled(shapes, "module.conv1.weight"), "module.conv1.weight");
  EXPECT_EQ(spelled(shapes, "layer1.0.downsample.0.weight"), "layer1.0.downsample.0.weight");
}

TEST(Prefixes, TheLikeliestComesFirst) {
  const auto first = [](const Shapes& shapes) { return likely_prefixes(shapes).front(); };
  EXPECT_EQ(first(layers({"conv1", "layer1.0.conv1"}, {"bn1"}, {"fc"})), "");
  EXPECT_EQ(first(layers({"module.backbone.conv1", "module.backbone.layer1.0.conv1"}, {}, {"module.head.fc"})), "backbone");
  EXPECT_EQ(first(layers({"ema_model.conv1", "ema_model.conv2", "model.conv1", "model.conv2"})), "model");
  EXPECT_EQ(first(layers({"teacher.conv1", "teacher.conv2", "student.conv1"})), "student");
  EXPECT_EQ(first({{"other", kChannels}}), "");
}

}  // namespace
}  // namespace residual::convert
