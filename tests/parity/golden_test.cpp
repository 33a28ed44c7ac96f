// Tiny networks against what PyTorch computed once: the files of tests/golden, which make_golden.py there makes.
#include <gtest/gtest.h>

#include "parity/agreement.h"

namespace residual {
namespace {

using parity::Place;

struct Example {
  std::string network;
  Place place;
};

std::vector<Example> examples() {
  std::vector<Example> all;
  for (const char* network : {"tiny_resnet_a", "tiny_resnet_b", "small"}) {
    for (const Place& place : parity::all_places()) all.push_back({network, place});
  }
  return all;
}

class Golden : public testing::TestWithParam<Example> {
 protected:
  const parity::Network& network() const { return parity::network_named(GetParam().network); }
  const Place& place() const { return GetParam().place; }
  parity::Reference reference() const {
    return io::read_safetensors(std::string(RESIDUAL_SOURCE_DIR "/tests/golden/") + GetParam().network + ".safetensors");
  }
};

TEST_P(Golden, LogitsLossAndGradientsArePytorchs) {
  expect_same_gradients(network(), place(), reference());
}

TEST_P(Golden, TenLossesOfEveryOptimizerArePytorchs) {
  for (const char* optimizer : {"sgd", "nesterov", "adam", "adamw"})
    expect_same_losses(network(), place(), reference(), optimizer);
}

TEST_P(Golden, ParametersAndRunningStatisticsAfterTenStepsArePytorchs) {
  expect_same_state(network(), place(), reference());
}

TEST_P(Golden, EvaluationWithFoldedBatchNormIsPytorchs) {
  expect_same_evaluation(network(), place(), reference());
}

INSTANTIATE_TEST_SUITE_P(Parity, Golden, testing::ValuesIn(examples()),
                         [](const auto& parameter) { return parameter.param.network + "_on_" + parameter.param.place.name; });

}  // namespace
}  // namespace residual
