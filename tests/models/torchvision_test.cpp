// Every ImageNet network is torchvision's, to the last parameter: against torchvision.txt, which make_torchvision_table.py makes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "eval/summary.h"
#include "models/table.h"

namespace residual::models {
namespace {

struct Line {
  std::string name;
  int64_t parameters = 0, macs = 0;
  std::string fingerprint;
};

std::vector<Line> lines() {
  std::ifstream file(RESIDUAL_SOURCE_DIR "/tests/models/torchvision.txt");
  std::vector<Line> all;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with('#')) continue;
    std::istringstream words(text);
    words >> all.emplace_back().name >> all.back().parameters >> all.back().macs >> all.back().fingerprint;
  }
  return all;
}

Architecture published(const std::string& name) {
  const ModelEntry entry = find_model(name);
  Architecture architecture;
  architecture.model = name;
  architecture.input = entry.input;
  architecture.classes = entry.classes;
  return architecture;
}

// FNV-1a over "name shape" of every tensor in the order of their names.
std::string fingerprint(const Graph& graph) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const auto& [name, variable] : graph.variables()) {
    for (const char byte : fmt::format("{} {}\n", name, to_string(variable.type.shape)))
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  return fmt::format("{:016x}", hash);
}

TEST(LikeTorchvision, HasAllOfItsNetworksHere) {
  EXPECT_EQ(lines().size(), 22U);
}

TEST(LikeTorchvision, ParametersAndMultiplyAddsAreItsOwn) {
  for (const Line& line : lines()) {
    const eval::NetworkSummary summary = eval::summarize(published(line.name));
    EXPECT_EQ(summary.parameters, line.parameters) << line.name;
    EXPECT_EQ(summary.macs, line.macs) << line.name;
  }
}

TEST(LikeTorchvision, NamesAndShapesOfAllTensorsAreItsOwn) {
  for (const Line& line : lines())
    EXPECT_EQ(fingerprint(inference_graph(published(line.name), 1)), line.fingerprint) << line.name;
}

}  // namespace
}  // namespace residual::models
