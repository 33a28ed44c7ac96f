// Networks that vary the published ones, and the tutorials' networks, by the figures and names given for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "eval/summary.h"
#include "models/table.h"
#include "ops/layers/conv2d.h"
#include "train/step/training_graph.h"

namespace residual::models {
namespace {

Architecture published(const std::string& name) {
  const ModelEntry entry = find_model(name);
  Architecture architecture;
  architecture.model = name;
  architecture.input = entry.input;
  architecture.classes = entry.classes;
  return architecture;
}

Architecture with_input(const std::string& name, const Shape& input) {
  Architecture architecture = published(name);
  architecture.input = input;
  return architecture;
}

void expect_names(const Architecture& architecture, std::initializer_list<const char*> names) {
  const Graph graph = inference_graph(architecture, 1);
  for (const char* name : names) EXPECT_TRUE(graph.variables().contains(name)) << architecture.model << ": " << name;
}

std::string refusal(const Architecture& architecture) {
  try {
    inference_graph(architecture, 1);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Tutorials, TheKerasStyleNetworkHasItsParametersAndMultiplyAdds) {
  const auto summary = eval::summarize(published("keras-mnist"));
  EXPECT_EQ(summary.parameters, 4'457'610);
  EXPECT_NEAR(static_cast<double>(summary.macs), 3.385e9, 0.0005e9);
}

TEST(Tutorials, TheOneChannelResnet18HasItsParametersMultiplyAddsAndNames) {
  const auto summary = eval::summarize(with_input("modern-resnet18", {1, 28, 28}));
  EXPECT_EQ(summary.parameters, 11'178'378);
  EXPECT_NEAR(static_cast<double>(summary.macs), 33e6, 0.5e6);
  expect_names(published("modern-resnet18"), {"0.0.weight", "0.0.bias", "0.1.running_mean", "1.0.conv1.weight", "1.1.bn2.bias",
                                              "2.0.conv3.weight", "2.0.conv3.bias", "7.weight"});
}

TEST(Tutorials, TheSmallDensenetHasItsParametersMultiplyAddsAndNames) {
  EXPECT_EQ(eval::summarize(published("modern-densenet")).parameters, 758'226);
  EXPECT_NEAR(static_cast<double>(eval::summarize(with_input("modern-densenet", {1, 32, 32})).macs), 14.3e6, 0.05e6);
  EXPECT_NEAR(static_cast<double>(eval::summarize(with_input("modern-densenet", {1, 96, 96})).macs), 129e6, 0.5e6);
  expect_names(published("modern-densenet"),
               {"0.0.weight", "1.net.0.0.weight", "1.net.3.2.bias", "2.2.weight", "8.bias", "12.weight"});
}

TEST(Tutorials, TheSmallDensenetRefusesSmallImagesWithTheSizeItNeeds) {
  EXPECT_THAT(refusal(with_input("modern-densenet", {1, 28, 28})), testing::HasSubstr("at least 32x32"));
  EXPECT_THAT(refusal(with_input("vgg16", {3, 28, 28})), testing::HasSubstr("at least 32x32"));
}

TEST(Tutorials, Resnet50WithoutTheStemsReluHasItsParametersAndNames) {
  EXPECT_EQ(eval::summarize(published("resnet50-linear-stem")).parameters, 23'528'522);
  expect_names(published("resnet50-linear-stem"),
               {"conv1.0.weight", "conv1.1.running_var", "conv2.0.bottleneck.0.weight", "conv2.0.bottleneck.7.bias",
                "conv5.2.bottleneck.6.weight", "conv2.0.shortcut.0.weight", "conv2.0.shortcut.1.bias", "fc.bias"});
  const auto relus = [](const std::string& name) {
    int64_t count = 0;
    for (const eval::LayerSummary& layer : eval::summarize(published(name)).layers) count += layer.kind == "relu";
    return count;
  };
  EXPECT_EQ(relus("resnet50-linear-stem") + 1, relus("resnet50"));
}

TEST(Tutorials, ProjectionsCalledShortcutAreTorchvisionsResnet18Otherwise) {
  EXPECT_EQ(eval::summarize(published("resnet18-shortcut")).parameters, 11'689'512);
  expect_names(published("resnet18-shortcut"), {"layer2.0.shortcut.0.weight", "layer2.0.shortcut.1.running_mean"});
}

// The papers' tables round: Zagoruyko & Komodakis 2016 (tables 4 and 5), He et al. 2016, Huang et al. 2016 (table 2).
TEST(Figures, OfNetworksForSmallImagesAreThePapersRounded) {
  const std::map<std::string, double> millions{
      {"wrn-28-10", 36.5},      {"wrn-16-8", 11.0},           {"preact-resnet164", 1.7},     {"densenet40-k12", 1.0},
      {"densenet100-k12", 7.0}, {"densenet-bc-100-k12", 0.8}, {"densenet-bc-250-k24", 15.3}, {"densenet-bc-190-k40", 25.6}};
  for (const auto& [name, expected] : millions) {
    const auto parameters = static_cast<double>(eval::summarize(published(name)).parameters);
    EXPECT_NEAR(std::round(parameters / 1e5) / 10, expected, 0.051) << name << " has " << parameters;
  }
  EXPECT_EQ(eval::summarize(published("wrn-28-10")).parameters, 36'479'194);
  EXPECT_EQ(eval::summarize(published("densenet-bc-100-k12")).parameters, 769'162);
}

TEST(Variants, WithoutNormConvolutionsHaveBiasesAndNothingRuns) {
  Architecture architecture = published("resnet20");
  architecture.norm = Norm::kNone;
  const Graph graph = inference_graph(architecture, 1);
  EXPECT_TRUE(graph.variables().contains("layer1.0.conv1.bias"));
  for (const auto& [name, variable] : graph.variables()) EXPECT_EQ(variable.role, Role::kParameter) << name;
}

TEST(Variants, SeparableBlocksHaveADepthwiseAndAPointwiseConvolution) {
  Architecture architecture = published("resnet18");
  const auto full = eval::summarize(architecture);
  architecture.separable = true;
  const auto spared = eval::summarize(architecture);
  EXPECT_LT(spared.parameters * 4, full.parameters);
  EXPECT_LT(spared.macs * 3, full.macs);
  expect_names(architecture, {"layer1.0.conv1.depthwise.weight", "layer4.1.conv2.pointwise.weight"});
}

TEST(Variants, TheStrideOnThe1x1SparesMultiplyAddsAndNoParameters) {
  Architecture architecture = published("resnet50");
  architecture.stride_on_1x1 = true;
  const auto summary = eval::summarize(architecture);
  EXPECT_EQ(summary.parameters, 25'557'032);
  EXPECT_LT(summary.macs, 4'089'184'256);
  EXPECT_THAT(refusal([] {
                Architecture basic = published("resnet18");
                basic.stride_on_1x1 = true;
                return basic;
              }()),
              testing::HasSubstr("no bottleneck"));
}

TEST(Variants, ASmallStemKeepsTheImagesSize) {
  Architecture architecture = with_input("resnet18", {3, 64, 64});
  architecture.small_stem = true;
  architecture.classes = 10;
  const auto a = eval::summarize(architecture), b = eval::summarize(published("resnet18-small"));
  EXPECT_EQ(a.macs, b.macs);
  EXPECT_EQ(a.layers[0].output, (Shape{64, 64, 64}));
}

TEST(Variants, TheStemPoolsOrNotAsIsWanted) {
  Architecture architecture = with_input("resnet18", {3, 64, 64});
  architecture.small_stem = true;
  architecture.stem_pool = true;
  EXPECT_EQ(models::described(architecture)->stem.max_pool, true);
  architecture = published("resnet18");
  architecture.stem_pool = false;
  EXPECT_EQ(models::described(architecture)->stem.max_pool, false);
  EXPECT_EQ(Architecture::from_json(architecture.to_json()).stem_pool, false);
}

// What torchvision's replace_stride_with_dilation does: no stage has a stride from there on, the 3x3 convolutions are dilated,
// the first one by as much as those before.
TEST(Variants, StagesBehindTheOutputStrideAreDilated) {
  Architecture architecture = published("resnet50");
  architecture.output_stride = 8;
  EXPECT_EQ(Architecture::from_json(architecture.to_json()).output_stride, 8);
  const auto summary = eval::summarize(architecture);
  const auto output_of = [&](std::string_view name) {
    return std::ranges::find(summary.layers, name, &eval::LayerSummary::name)->output;
  };
  EXPECT_EQ(output_of("layer2.3.conv3"), (Shape{512, 28, 28}));
  EXPECT_EQ(output_of("layer4.2.conv3"), (Shape{2048, 28, 28}));
  EXPECT_EQ(summary.parameters, 25'557'032);
  std::map<std::string, int64_t> dilations;
  const Graph graph = models::inference_graph(architecture, 1);
  for (const Node& node : graph.nodes()) {
    if (node.op == &conv2d_op()) dilations[node.name] = node.attributes.as<Conv2dAttrs>().dilation.height;
  }
  EXPECT_EQ(dilations.at("layer2.3.conv2"), 1);
  EXPECT_EQ(dilations.at("layer3.0.conv2"), 1);
  EXPECT_EQ(dilations.at("layer3.1.conv2"), 2);
  EXPECT_EQ(dilations.at("layer4.0.conv2"), 2);
  EXPECT_EQ(dilations.at("layer4.2.conv2"), 4);
  EXPECT_EQ(dilations.at("layer4.2.conv1"), 1);
}

TEST(Variants, ShortcutAPoolsWhereThatIsWanted) {
  for (const ShortcutPool how : {ShortcutPool::kMax, ShortcutPool::kAverage}) {
    Architecture architecture = published("resnet20");
    architecture.shortcut_pool = how;
    int64_t pools = 0;
    for (const eval::LayerSummary& layer : eval::summarize(architecture).layers)
      pools += layer.kind == (how == ShortcutPool::kMax ? "max_pool" : "avg_pool");
    EXPECT_EQ(pools, 2);
  }
  Architecture odd = with_input("resnet20", {3, 27, 27});
  odd.shortcut_pool = ShortcutPool::kMax;
  EXPECT_THAT(refusal(odd), testing::HasSubstr("27x27"));
}

TEST(Variants, OfNetworksThatHaveNoSuchChoiceAreRefused) {
  Architecture architecture = published("vgg11");
  architecture.shortcut = Shortcut::kA;
  EXPECT_THAT(refusal(architecture), testing::HasSubstr("not a residual network"));
}

TEST(Variants, WithDropoutTrainByTheRandomKeyOfTheStep) {
  train::TrainOptions options;
  options.architecture = published("keras-mnist");
  options.batch_size = 2;
  const Graph graph = train::training_graph(options);
  int64_t drops = 0;
  for (const Node& node : graph.nodes()) drops += node.op->name == "dropout";
  EXPECT_EQ(drops, 2) << "forward and backward";
}

TEST(Variants, InitialScalesAreZeroWhereThePaperSaysSo) {
  const Graph graph = inference_graph(published("resnet50d"), 1);
  EXPECT_EQ(graph.variables().at("layer1.0.bn3.weight").initializer, Initializer::constant(0));
  EXPECT_EQ(graph.variables().at("layer1.0.bn2.weight").initializer, Initializer::constant(1));
}

}  // namespace
}  // namespace residual::models
