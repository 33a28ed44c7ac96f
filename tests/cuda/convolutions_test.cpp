// A committed table: the convolutions of every listed network, in all three directions and in every element type, for which cuDNN
// has engines on an H100 that is described as data.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "backend/cuda/cudnn/convolution_graph.h"
#include "cuda/described_gpu.h"
#include "models/named_networks.h"
#include "models/table.h"

namespace residual {
namespace {

using cuda::cudnn::ConvolutionGraph;
using cuda::cudnn::EngineFinder;

constexpr int64_t kBatch = 32;
constexpr ConvDirection kDirections[] = {ConvDirection::kForward, ConvDirection::kBackwardData, ConvDirection::kBackwardWeights};
constexpr DType kTypes[] = {DType::kF32, DType::kBF16, DType::kF16};

// Each once.
std::vector<ConvGeometry> convolutions_of(const std::string& model) {
  const Graph graph = models::inference_graph(models::architecture_of(model), kBatch);
  std::set<std::string> seen;
  std::vector<ConvGeometry> result;
  for (const Node& node : graph.nodes()) {
    if (node.op != &conv2d_op()) continue;
    ConvGeometry geometry = geometry_of(graph, node);
    if (seen.insert(ConvolutionGraph{.geometry = geometry}.text()).second) result.push_back(std::move(geometry));
  }
  return result;
}

std::string table(const std::vector<std::string>& models, EngineFinder& finder) {
  std::string text = fmt::format("{:<24}{:>14}{:>12}{:>12}{:>12}\n", "network", "convolutions", "float32", "bfloat16", "float16");
  for (const std::string& model : models) {
    const std::vector<ConvGeometry> convolutions = convolutions_of(model);
    text += fmt::format("{:<24}{:>14}", model, convolutions.size());
    for (const DType type : kTypes) {
      size_t supported = 0;
      for (const ConvGeometry& geometry : convolutions) {
        for (const ConvDirection direction : kDirections)
          supported += !finder.engines({.direction = direction, .geometry = geometry, .type = type}).empty();
      }
      text += fmt::format("{:>12}", fmt::format("{}/{}", supported, 3 * convolutions.size()));
    }
    text += '\n';
  }
  return text;
}

constexpr const char* kTable = RESIDUAL_SOURCE_DIR "/tests/cuda/golden/convolutions.txt";

std::string committed() {
  std::ostringstream text;
  text << std::ifstream(kTable).rdbuf();
  return text.str();
}

TEST(SlowHopperConvolutions, AreSupportedAsTheTableSays) {
  std::string reason;
  const auto h100 = support::described_h100(reason);
  if (!h100) GTEST_SKIP() << reason;
  EngineFinder finder(h100, {}, 1);
  const std::string found = table(models::model_names(), finder);
  if (std::getenv("RESIDUAL_UPDATE_GOLDEN") != nullptr) std::ofstream(kTable) << found;
  EXPECT_EQ(found, committed());
}

}  // namespace
}  // namespace residual
