#include "convert/match.h"

#include <gtest/gtest.h>

#include "models/architecture.h"
#include "models/description.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// A walk that calls itself would need a stack of megabytes here.
TEST(Match, NetworksOfThousandsOfLayers) {
  models::Architecture architecture;
  architecture.input = Shape{3, 2, 2};
  architecture.description = models::description_from_json(
      R"({"name": "deep", "stages": [{"blocks": 5000, "width": 1}], "stem": {"convolutions": [{"channels": 1}]}})", "here");
  const Graph graph = models::inference_graph(architecture, 1);
  const auto origins = match(graph, graph);
  ASSERT_TRUE(origins);
  EXPECT_EQ(origins->size(), graph.variables().size());
  for (const auto& [name, origin] : *origins) ASSERT_EQ(origin.tensor, name);
}

}  // namespace
}  // namespace residual::convert
