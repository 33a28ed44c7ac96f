// A committed table: the convolutions of every listed network, in all three directions and in every precision, for which cuDNN
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

struct Column {
  const char* name;
  DType type;
  CudaArithmetic arithmetic;
};
constexpr Column kColumns[] = {{"tf32", DType::kF32, {}},
                               {"fp32", DType::kF32, {.tf32 = false}},
                               {"bf16", DType::kBF16, {}},
                               {"fp16", DType::kF16, {}},
                               {"tf32, exact", DType::kF32, {.deterministic = true}},
                               {"bf16, exact", DType::kBF16, {.deterministic = true}}};

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

// exact: with engines that give equal bits every time.
std::string table(const std::vector<std::string>& models, const std::shared_ptr<const cuda::CudaDevice>& device) {
  std::string text = fmt::format("{:<22}{:>13}", "network", "convolutions");
  std::vector<std::unique_ptr<EngineFinder>> finders;
  for (const Column& column : kColumns) {
    finders.push_back(std::make_unique<EngineFinder>(device, column.arithmetic, 1));
    text += fmt::format("{:>13}", column.name);
  }
  for (const std::string& model : models) {
    const std::vector<ConvGeometry> convolutions = convolutions_of(model);
    text += fmt::format("\n{:<22}{:>13}", model, convolutions.size());
    for (size_t c = 0; c < finders.size(); ++c) {
      size_t supported = 0;
      for (const ConvGeometry& geometry : convolutions) {
        for (const ConvDirection direction : kDirections)
          supported += !finders[c]->engines({.direction = direction, .geometry = geometry, .type = kColumns[c].type}).empty();
      }
      text += fmt::format("{:>13}", fmt::format("{}/{}", supported, 3 * convolutions.size()));
    }
  }
  return text + "\n";
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
  const std::string found = table(models::model_names(), h100);
  if (std::getenv("RESIDUAL_UPDATE_GOLDEN") != nullptr) std::ofstream(kTable) << found;
  EXPECT_EQ(found, committed());
}

}  // namespace
}  // namespace residual
