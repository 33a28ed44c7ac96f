// The features of every family's stages: names, strides and shapes, and that they are the values within the network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rng.h"
#include "models/table.h"
#include "runtime/state.h"
#include "support/oracle.h"

namespace residual::models {
namespace {

using testing::ElementsAre;

Network network_of(Graph& graph, const Architecture& architecture) {
  const Shape& input = architecture.input;
  Layers net(graph, Mode::kEval, Initialisation::kHe);
  return build(net, graph.input("images", {DType::kF32, Shape{2, input[0], input[1], input[2]}}), architecture);
}

std::vector<std::pair<std::string, int64_t>> stages_of(const std::string& name) {
  Graph graph;
  std::vector<std::pair<std::string, int64_t>> stages;
  for (const Feature& feature : network_of(graph, published(name)).features) stages.emplace_back(feature.name, feature.stride);
  return stages;
}

using Stages = std::vector<std::pair<std::string, int64_t>>;
const Stages kImageNet{{"C2", 4}, {"C3", 8}, {"C4", 16}, {"C5", 32}}, kCifar{{"C2", 1}, {"C3", 2}, {"C4", 4}};

TEST(Features, AreTheStagesOfTheirFamilyAtItsStrides) {
  for (const char* name : {"resnet18", "resnet50", "resnet50d", "plain34", "preact-resnet50", "densenet121"})
    EXPECT_EQ(stages_of(name), kImageNet) << name;
  for (const char* name : {"resnet20", "plain20", "preact-resnet164", "wrn-16-8", "densenet40-k12", "densenet-bc-100-k12"})
    EXPECT_EQ(stages_of(name), kCifar) << name;
  EXPECT_EQ(stages_of("resnet18-small"), (Stages{{"C2", 1}, {"C3", 2}, {"C4", 4}, {"C5", 8}}));
  EXPECT_EQ(stages_of("vgg16"), (Stages{{"C1", 1}, {"C2", 2}, {"C3", 4}, {"C4", 8}, {"C5", 16}}));
  EXPECT_THAT(stages_of("linear"), testing::IsEmpty());
}

TEST(Features, OfEveryNetworkHaveTheSizeOfTheImageOverTheirStride) {
  for (const ModelEntry& entry : model_table()) {
    Graph graph;
    for (const Feature& feature : network_of(graph, published(entry.name)).features) {
      const Shape& shape = graph.shape(feature.value);
      ASSERT_EQ(shape.rank(), 4u) << entry.name;
      EXPECT_EQ(shape[2], (entry.input[1] + feature.stride - 1) / feature.stride) << entry.name << " " << feature.name;
      EXPECT_EQ(shape[3], (entry.input[2] + feature.stride - 1) / feature.stride) << entry.name << " " << feature.name;
    }
  }
}

TEST(Features, AreOutputsOnRequestAndTheRestOfTheGraphStaysTheSame) {
  const std::vector<std::string> names{"C4", "C2"};
  const Graph plain = inference_graph({}, 2), graph = inference_graph({}, 2, {}, Initialisation::kHe, names);
  const std::string text = to_text(plain);
  EXPECT_EQ(to_text(graph).substr(0, text.size()), text);
  EXPECT_EQ(graph.shape(*graph.find_output("C2")), (Shape{2, 16, 32, 32}));
  EXPECT_EQ(graph.shape(*graph.find_output("C4")), (Shape{2, 64, 8, 8}));
  EXPECT_FALSE(graph.find_output("C3").has_value());
}

TEST(Features, ThatANetworkDoesNotHaveAreRefusedWithThoseItHas) {
  const auto refusal = [](const Architecture& architecture, const std::string& name) -> std::string {
    try {
      inference_graph(architecture, 1, {}, Initialisation::kHe, std::vector<std::string>{name});
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_EQ(refusal({}, "C5"), "'resnet20' has no features called 'C5'; it has C2, C3, C4");
  EXPECT_EQ(refusal(published("linear"), "C2"), "'linear' has no features called 'C2'; it has none");
}

support::Tensors tensors_for(const Graph& graph, const Shape& images) {
  support::Tensors tensors;
  const State state = initial_state(graph, 5);
  for (const auto& [name, tensor] : state.tensors()) tensors.emplace(name, tensor.clone());
  Tensor pixels(DType::kF32, images);
  Rng rng(31, Purpose::kTest);
  for (float& pixel : pixels.as<float>()) pixel = static_cast<float>(rng.normal());
  tensors.emplace("images", std::move(pixels));
  return tensors;
}

// The value of the last node in the scope.
const Tensor& value_of(const support::Oracle& oracle, const Graph& graph, std::string_view scope) {
  for (size_t id = graph.nodes().size(); id-- > 0;) {
    if (graph.nodes()[id].name == scope) return oracle.at({static_cast<NodeId>(id)});
  }
  fail(ErrorKind::kOther, "no node is called '{}'", scope);
}

TEST(Features, AreTheValuesOfTheNodesThatEndTheirStages) {
  struct Expected {
    std::string model, feature, node;
  };
  for (const auto& [model, feature, node] :
       std::vector<Expected>{{"resnet8", "C2", "layer1.0.relu"},
                             {"resnet8", "C4", "layer3.0.relu"},
                             {"preact-resnet11", "C4", "relu_last"},
                             {"preact-resnet11", "C3", "layer2.0"},
                             {"densenet-bc-10-k12", "C2", "features.denseblock1.denselayer1"},
                             {"densenet-bc-10-k12", "C4", "relu_last"}}) {
    Architecture architecture = published(model);
    architecture.input = Shape{3, 8, 8};
    const Graph plain = inference_graph(architecture, 2);
    const Graph graph = inference_graph(architecture, 2, {}, Initialisation::kHe, std::vector<std::string>{feature});
    const support::Tensors tensors = tensors_for(graph, Shape{2, 3, 8, 8});
    const support::Oracle expected(plain, tensors), found(graph, tensors);
    const Tensor &a = found.output(feature), &b = value_of(expected, plain, node);
    ASSERT_EQ(a.shape(), b.shape()) << model << " " << feature;
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.bytes()), 0) << model << " " << feature;
  }
}

}  // namespace
}  // namespace residual::models
