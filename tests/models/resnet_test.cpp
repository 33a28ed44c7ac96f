// Parameters and multiply-adds against the paper's and PyTorch's figures; the names against state_dicts found in the wild.
#include <gtest/gtest.h>

#include <algorithm>

#include "eval/summary.h"
#include "models/networks/resnet.h"
#include "models/table.h"

namespace residual::models {
namespace {

struct Figure {
  std::string model;
  std::optional<Shortcut> shortcut;
  Shape input;
  int64_t classes, parameters, macs;
};

class Figures : public testing::TestWithParam<Figure> {};

TEST_P(Figures, ParametersAndMultiplyAddsAreThePublishedOnes) {
  const Figure& figure = GetParam();
  const auto summary = eval::summarize({figure.model, figure.input, figure.classes, figure.shortcut});
  EXPECT_EQ(summary.parameters, figure.parameters);
  if (figure.macs > 0) {
    EXPECT_EQ(summary.macs, figure.macs);
  }
}

// ImageNet: parameters and multiply-adds of torchvision's definitions (stride on the 3x3), as its documentation lists them. CIFAR
// with option A: the sizes published with the reproduction at github.com/akamaster/pytorch_resnet_cifar10 (0.27M, 0.46M, 0.66M,
// 0.85M, 1.7M, 19.4M).
INSTANTIATE_TEST_SUITE_P(Published, Figures,
                         testing::Values(Figure{"resnet20", Shortcut::kA, {3, 32, 32}, 10, 269'722, 40'551'040},
                                         Figure{"resnet20", std::nullopt, {3, 32, 32}, 10, 269'722, 0},
                                         Figure{"resnet20", Shortcut::kB, {3, 32, 32}, 10, 272'474, 0},
                                         Figure{"plain20", std::nullopt, {3, 32, 32}, 10, 269'722, 0},
                                         Figure{"resnet32", Shortcut::kA, {3, 32, 32}, 10, 464'154, 0},
                                         Figure{"resnet44", Shortcut::kA, {3, 32, 32}, 10, 658'586, 0},
                                         Figure{"resnet56", Shortcut::kA, {3, 32, 32}, 10, 853'018, 0},
                                         Figure{"resnet110", Shortcut::kA, {3, 32, 32}, 10, 1'727'962, 0},
                                         Figure{"resnet1202", Shortcut::kA, {3, 32, 32}, 10, 19'421'274, 0},
                                         Figure{"resnet18", std::nullopt, {3, 224, 224}, 1000, 11'689'512, 1'814'073'344},
                                         Figure{"resnet34", std::nullopt, {3, 224, 224}, 1000, 21'797'672, 3'663'761'408},
                                         Figure{"resnet50", std::nullopt, {3, 224, 224}, 1000, 25'557'032, 4'089'184'256},
                                         Figure{"resnet101", std::nullopt, {3, 224, 224}, 1000, 44'549'160, 7'801'405'440},
                                         Figure{"resnet152", std::nullopt, {3, 224, 224}, 1000, 60'192'808, 11'513'626'624},
                                         Figure{"linear", std::nullopt, {1, 28, 28}, 10, 7'850, 7'840}),
                         [](const auto& published) {
                           std::string name = published.param.model + (published.param.shortcut == Shortcut::kA   ? "_A"
                                                                       : published.param.shortcut == Shortcut::kB ? "_B"
                                                                                                                  : "");
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Names, AreThoseOfPublishedStateDicts) {
  const Graph cifar = inference_graph({"resnet20", {3, 32, 32}, 10, Shortcut::kB}, 1);
  for (const char* name : {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer2.0.shortcut.0.weight",
                           "layer2.0.shortcut.1.bias", "layer3.2.bn2.weight", "linear.weight", "linear.bias"}) {
    EXPECT_TRUE(cifar.variables().contains(name)) << name;
  }
  const Graph imagenet = inference_graph({"resnet50", {3, 224, 224}, 1000, {}}, 1);
  for (const char* name :
       {"layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_mean", "layer4.2.conv3.weight", "fc.bias"}) {
    EXPECT_TRUE(imagenet.variables().contains(name)) << name;
  }
}

TEST(Families, ShortcutCProjectsInEveryBlock) {
  const Graph graph = inference_graph({"resnet20", {3, 32, 32}, 10, Shortcut::kC}, 1);
  EXPECT_TRUE(graph.variables().contains("layer1.1.shortcut.0.weight"));
}

TEST(Families, InputChannelsClassesAndSizeAreFree) {
  const Graph graph = inference_graph({"resnet20", {1, 28, 36}, 7, {}}, 5);
  EXPECT_EQ(graph.shape(*graph.find_output("logits")), (Shape{5, 7}));
}

TEST(Families, WhatDoesNotExistIsRefusedByName) {
  EXPECT_THROW(find_model("resnet21"), Error);
  EXPECT_THROW(find_model("resnet"), Error);
  EXPECT_THROW(find_model(""), Error);
  EXPECT_THROW(inference_graph({"plain20", {3, 32, 32}, 10, Shortcut::kA}, 1), Error);
  EXPECT_THROW(inference_graph({"resnet18", {3, 0, 32}, 10, {}}, 1), Error);
}

}  // namespace
}  // namespace residual::models
