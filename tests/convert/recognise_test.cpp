#include "convert/recognition/recognise.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "convert/recognition/candidates.h"
#include "core/error.h"
#include "models/table.h"

namespace residual::convert {
namespace {

using models::published;

Shapes shapes_of(const models::Architecture& architecture, const std::string& prefix = "") {
  Shapes shapes;
  const Graph graph = models::inference_graph(architecture, 1);
  for (const auto& [name, variable] : graph.variables()) shapes.emplace(prefix + name, variable.type.shape);
  return shapes;
}

TEST(Recognise, EveryNetworkOfTheTableByItsOwnTensors) {
  for (const models::ModelEntry& entry : models::model_table()) {
    const Shapes shapes = shapes_of(published(entry.name));
    const auto found = recognise(shapes);
    ASSERT_TRUE(found) << entry.name;
    EXPECT_TRUE(found->differences.empty()) << entry.name << "\n" << side_by_side(*found);
    EXPECT_EQ(shapes_of(found->architecture), shapes) << entry.name << " is taken for " << found->architecture.model;
  }
}

// The number of graphs that recognising the tensors takes; networks that an earlier test has built are not counted.
int graphs_built_for(const Shapes& shapes) {
  int built = 0;
  recognise(shapes, [&](const models::Architecture& architecture) {
    ++built;
    return models::inference_graph(architecture, 1);
  });
  return built;
}

TEST(Recognise, ANetworkOfTheTableIsFoundByBuildingTheFewThatHaveAsManyLayers) {
  ASSERT_GT(models::model_table().size(), 60U);
  EXPECT_LE(graphs_built_for(shapes_of(published("resnet18"))), 20);
  EXPECT_LE(graphs_built_for(shapes_of(published("resnet50"))), 20);
  EXPECT_LE(graphs_built_for(shapes_of(published("vgg16_bn"))), 20);
  EXPECT_LE(graphs_built_for(shapes_of(published("densenet121"))), 20);
}

TEST(Recognise, TensorsOfForeignNamesAreRefusedWithoutBuildingANetwork) {
  Shapes shapes;
  for (const auto& [name, shape] : shapes_of(published("resnet18"))) shapes.emplace("encoder.unit_" + name, shape);
  shapes.emplace("decoder.weight", Shape{10, 10});
  EXPECT_EQ(graphs_built_for(shapes), 0);
  EXPECT_FALSE(recognise(shapes));
}

TEST(Recognise, TheRangeOfLayersHoldsForEveryNetwork) {
  for (const models::ModelEntry& entry : models::model_table()) {
    std::vector<models::Architecture> networks{published(entry.name)};
    const auto described = models::described(networks[0]);
    if (described && described->shortcut.kind != models::Shortcut::kNone) {
      for (const auto shortcut : {models::Shortcut::kA, models::Shortcut::kB, models::Shortcut::kC}) {
        networks.push_back(networks[0]);
        networks.back().shortcut = shortcut;
      }
    }
    for (const models::Architecture& network : networks) {
      const auto layers = std::ranges::count_if(
          shapes_of(network), [](const auto& tensor) { return tensor.second.rank() == 2 || tensor.second.rank() == 4; });
      const LayerRange range = layer_range(network);
      EXPECT_TRUE(range.least <= layers && layers <= range.most) << network.to_json() << " has " << layers;
    }
  }
}

TEST(Recognise, TheBeginningOfEveryNameIsKnown) {
  for (const models::ModelEntry& entry : models::model_table()) {
    for (const auto& [spelling, name] : common_spelling(shapes_of(published(entry.name))).names) {
      EXPECT_TRUE(is_known_beginning(beginning_of(spelling))) << '"' << beginning_of(spelling) << "\" of " << name << " in "
                                                              << entry.name << " is missing from the list in recognise.cpp";
    }
  }
}

// The tensors of resnet20 with those of something else beside them.
std::optional<Fit> recognised_beside(const Shapes& more, const std::string& prefix = "") {
  Shapes shapes = shapes_of(published("resnet20"), prefix);
  shapes.insert(more.begin(), more.end());
  return recognise(shapes);
}

TEST(Recognise, WhatIsNoPartOfTheNetworkIsIgnored) {
  const Shape features{64}, classes{10};
  const std::pair<std::string, Shape> beside[] = {
      {"total_ops", Shape{1}},      {"layer1.total_params", Shape{1}}, {"criterion.weight", classes},
      {"queue", Shape{128, 65536}}, {"aux.weight", Shape{4, 64}},      {"center_loss.centers", Shape{10, 64}},
      {"normalize.mean", Shape{3}}, {"temperature", Shape{}},
  };
  for (const auto& [name, shape] : beside) {
    const auto found = recognised_beside({{name, shape}});
    ASSERT_TRUE(found) << name;
    EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
    EXPECT_EQ(found->ignored, std::vector<std::string>{name});
  }
  const auto twice = recognised_beside(shapes_of(published("resnet20"), "ema."));
  ASSERT_TRUE(twice);
  EXPECT_TRUE(twice->differences.empty()) << side_by_side(*twice);
  EXPECT_EQ(twice->ignored.size(), shapes_of(published("resnet20")).size());
}

TEST(Recognise, WhatMayBePartOfTheNetworkIsADifference) {
  const std::pair<std::string, Shape> parts[] = {
      {"layer1.0.se.fc1.weight", Shape{4, 16}},
      {"layer1.0.alpha", Shape{1}},
      {"layer4.0.conv1.weight", Shape{8, 8, 3, 3}},
      {"relu.weight", Shape{1}},
      {"attention.weight", Shape{1, 2, 7, 7}},
      {"neck.weight", Shape{64}},
      {"neck.running_mean", Shape{64}},
      {"linear2.weight", Shape{5, 10}},
      {"project.weight", Shape{64, 64}},
  };
  for (const auto& [name, shape] : parts) {
    for (const std::string prefix : {"", "net."}) {
      const auto found = recognised_beside({{prefix + name, shape}}, prefix);
      ASSERT_TRUE(found) << prefix << name;
      ASSERT_EQ(found->differences.size(), 1U) << prefix << name << "\n" << side_by_side(*found);
      EXPECT_EQ(found->differences[0].found, prefix + name);
    }
  }
}

TEST(Recognise, BodyAndHeadMayHaveDifferentPrefixes) {
  Shapes shapes;
  for (const auto& [name, shape] : shapes_of(published("resnet20"))) {
    const bool head = name.starts_with("linear.");
    shapes.emplace(head ? "cls_head.output." + name.substr(7) : "net.backbone." + name, shape);
  }
  const auto found = recognise(shapes);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  EXPECT_EQ(found->prefix, "net.backbone");
  EXPECT_EQ(found->names.at("linear.weight"), "cls_head.output.weight");
}

TEST(Recognise, ANameOfAHighBlockAloneIsNoNetwork) {
  EXPECT_FALSE(recognise({{"layer3.4999.conv1.weight", Shape{64, 64, 3, 3}}, {"a", Shape{1}}, {"b", Shape{2}}}));
}

TEST(Recognise, ShortcutClassesAndChannelsFollowTheFile) {
  models::Architecture architecture = published("resnet20");
  architecture.shortcut = models::Shortcut::kB;
  architecture.classes = 7;
  architecture.input = Shape{1, 32, 32};
  const auto found = recognise(shapes_of(architecture, "module."));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  EXPECT_EQ(found->architecture.model, "resnet20");
  EXPECT_EQ(found->architecture.shortcut, models::Shortcut::kB);
  EXPECT_EQ(found->architecture.classes, 7);
  EXPECT_EQ(found->architecture.input, (Shape{1, 32, 32}));
  EXPECT_EQ(found->names.at("layer2.0.shortcut.0.weight"), "module.layer2.0.shortcut.0.weight");
}

TEST(Recognise, TheStemAndTheBlocksFollowTheFile) {
  models::Architecture architecture = published("resnet18");
  architecture.small_stem = true;
  auto found = recognise(shapes_of(architecture));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  architecture = published("resnet20");
  architecture.separable = true;
  found = recognise(shapes_of(architecture));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  EXPECT_EQ(found->architecture.separable, true);
}

TEST(Recognise, DepthsAndWidthsOfTheFamiliesThatNoTableLists) {
  for (const std::string name : {"resnet26", "resnet29-bottleneck", "preact-resnet29", "preact-resnet14-basic", "wrn-40-2",
                                 "wrn-22-6", "densenet22-k24", "densenet-bc-40-k12", "densenet-bc-16-k6"}) {
    const auto found = recognise(shapes_of(published(name)));
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->architecture.model, name);
    EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  }
}

TEST(Recognise, NetworksOfAsManyLayersAreOfAnyFamilyAndDepth) {
  for (const std::string name : {"resnet26", "plain26", "resnet29-bottleneck", "preact-resnet14-basic", "wrn-22-6",
                                 "densenet22-k24", "densenet-bc-40-k12"}) {
    const std::vector<models::Architecture> found = of_as_many_layers(shapes_of(published(name)));
    EXPECT_TRUE(std::ranges::any_of(found, [&](const auto& network) { return network.to_json() == published(name).to_json(); }))
        << name;
  }
}

TEST(Recognise, TorchvisionsNamesInTheTutorialsSpelling) {
  Shapes shapes;
  for (const auto& [name, shape] : shapes_of(published("resnet18"))) {
    std::string other = name;
    if (const size_t at = other.find("downsample"); at != std::string::npos) other.replace(at, 10, "shortcut");
    shapes.emplace(other, shape);
  }
  const auto found = recognise(shapes);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->architecture.model, "resnet18-shortcut");
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
}

TEST(Recognise, DifferencesStandSideBySide) {
  Shapes shapes = shapes_of(published("resnet20"));
  shapes.erase("bn1.bias");
  shapes.at("layer1.0.conv1.weight") = Shape{16, 16, 5, 5};
  shapes.emplace("extra.weight", Shape{3});
  const Fit found = fit(published("resnet20"), shapes);
  ASSERT_EQ(found.differences.size(), 3U);
  EXPECT_EQ(side_by_side(found),
            "  resnet20 expects       shape      the file has           shape\n"
            "  bn1.bias               16         -                      -\n"
            "  layer1.0.conv1.weight  16x16x3x3  layer1.0.conv1.weight  16x16x5x5\n"
            "  -                      -          extra.weight           3\n");
  EXPECT_NE(side_by_side(found, 1).find("and 2 more"), std::string::npos);
}

TEST(Recognise, OfNetworksWithTheSameTensorsTheLikelierOneAndWhichElseItMayBe) {
  const auto plain = recognise(shapes_of(published("plain20")));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->architecture.model, "resnet20");
  ASSERT_EQ(plain->also.size(), 1U);
  EXPECT_EQ(plain->also[0].model, "plain20");
  models::Architecture architecture = published("resnet18");
  architecture.norm = models::Norm::kNone;
  const auto bare = recognise(shapes_of(architecture));
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->architecture.model, "resnet18");
  EXPECT_EQ(bare->architecture.norm, models::Norm::kNone);
  architecture = published("resnet18");
  architecture.shortcut = models::Shortcut::kA;
  const auto padded = recognise(shapes_of(architecture));
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->architecture.model, "resnet18");
  EXPECT_EQ(padded->architecture.shortcut, models::Shortcut::kA);
  EXPECT_FALSE(padded->also.empty());
  EXPECT_TRUE(recognise(shapes_of(published("resnet50")))->also.empty());
}

TEST(Recognise, AnyListOfBlockCounts) {
  models::Architecture architecture = published("resnet18");
  architecture.description = models::described(architecture);
  const std::vector<int64_t> blocks{2, 1, 1, 3};
  for (size_t stage = 0; stage < 4; ++stage) architecture.description->stages[stage].blocks = blocks[stage];
  const auto found = recognise(shapes_of(architecture));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->differences.empty()) << side_by_side(*found);
  EXPECT_EQ(found->architecture.model, "resnet-2-1-1-3");
}

TEST(Recognise, NamesThatNobodyGivesTakeNoTimeAndNoMemory) {
  std::string deep = "layer3";
  for (int part = 0; part < 100'000; ++part) deep += ".a";
  EXPECT_FALSE(recognise({{deep, Shape{1}}}));
  EXPECT_THROW(fit(published("resnet20"), {{deep, Shape{1}}}), Error);
  EXPECT_FALSE(recognise({{"layer3.9223372036854775807.conv1.weight", Shape{1}}, {"other", Shape{1}}}));
  Shapes many;
  for (int i = 0; i <= 100'000; ++i) many.emplace(std::to_string(i), Shape{0});
  EXPECT_FALSE(recognise(many));
}

TEST(Recognise, WhatDiffersIsShownWithoutControlCharacters) {
  const Fit found = fit(published("resnet20"), {{"\x1b[31mred", Shape{3}}});
  EXPECT_EQ(side_by_side(found, 1000).find('\x1b'), std::string::npos);
}

TEST(Recognise, NothingInTensorsThatAreNoNetworkOfOurs) {
  EXPECT_FALSE(recognise({{"encoder.weight", Shape{768, 768}}, {"decoder.weight", Shape{768, 768}}}));
}

}  // namespace
}  // namespace residual::convert
