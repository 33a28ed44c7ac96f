// The matches of a convolution with what follows it, as kernels of every library see them.
#include "backend/fused_convolution.h"

#include <gtest/gtest.h>

#include "ops/elementwise/add.h"
#include "ops/elementwise/relu.h"

namespace residual {
namespace {

const TensorType kImages{DType::kF32, Shape{2, 8, 6, 6}};

struct Block {
  Graph graph;
  Value x = graph.input("x", kImages), addend = graph.input("addend", kImages);
  Value weight = graph.input("weight", {DType::kF32, Shape{8, 8, 3, 3}}, false);
  Value bias = graph.input("bias", {DType::kF32, Shape{8}}, false);
  Value conv = conv2d(graph, x, weight, bias, {.padding = {1, 1}});

  std::vector<std::string> matches(Value last) const {
    std::vector<std::string> found;
    for (const Match& match : convolution_matches(GraphView(graph), last.node)) found.push_back(match.what);
    return found;
  }
};

using Whats = std::vector<std::string>;

TEST(FusedConvolution, IsMatchedWithTheSumAndTheReluBehindIt) {
  Block block;
  const Value sum = add(block.graph, block.conv, block.addend), y = relu(block.graph, sum);
  EXPECT_EQ(block.matches(block.conv), Whats{"conv2d"});
  EXPECT_EQ(block.matches(sum), Whats{"conv2d + add"});
  EXPECT_EQ(block.matches(y), Whats{"conv2d + add + relu"});
}

TEST(FusedConvolution, EndsWhereAnotherNodeReadsItsValue) {
  Block block;
  const Value y = relu(block.graph, block.conv);
  EXPECT_EQ(block.matches(y), Whats{"conv2d + relu"});
  relu(block.graph, block.conv);
  EXPECT_EQ(block.matches(y), Whats{});
}

TEST(FusedConvolution, DoesNotSumIntoItsOwnInput) {
  Block block;
  EXPECT_EQ(block.matches(add(block.graph, block.conv, block.x)), Whats{});
}

TEST(FusedConvolution, NamesTheInputsOfTheMatch) {
  for (const bool conv_first : {true, false}) {
    Block block;
    const Value sum = conv_first ? add(block.graph, block.conv, block.addend) : add(block.graph, block.addend, block.conv);
    const Value y = relu(block.graph, sum);
    const std::vector<Match> matches = convolution_matches(GraphView(block.graph), y.node);
    ASSERT_EQ(matches.size(), 1u);
    const FusedConvolution fused = fused_convolution(block.graph, matches[0]);
    EXPECT_EQ(matches[0].inputs[fused.src], block.x);
    EXPECT_EQ(matches[0].inputs[fused.weight], block.weight);
    EXPECT_EQ(matches[0].inputs[fused.bias.value()], block.bias);
    EXPECT_EQ(matches[0].inputs[fused.addend.value()], block.addend);
    EXPECT_TRUE(fused.relu);
    EXPECT_EQ(fused.geometry.dst, (Shape{2, 8, 6, 6}));
  }
}

}  // namespace
}  // namespace residual
