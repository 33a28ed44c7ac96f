// Training compared with PyTorch, live: the full ResNet-20, and the tutorials' own settings.
#include <gtest/gtest.h>

#include <filesystem>

#include "parity/agreement.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using parity::Configuration;
using parity::Reference;

// PyTorch's results for `network`, computed once per process.
const Reference& pytorch(const std::string& network) {
  static std::map<std::string, Reference> made;
  if (const auto found = made.find(network); found != made.end()) return found->second;
  const support::TemporaryFolder folder;
  const std::filesystem::path file = folder / "reference.safetensors";
  if (!support::run_script("parity/pytorch_side.py", fmt::format("{} '{}'", network, file.string())))
    fail(ErrorKind::kOther, "PyTorch's side of {} failed", network);
  return made.emplace(network, io::read_safetensors(file)).first->second;
}

// One test per network for all backends, so that PyTorch runs once even when every test runs in its own process.
class ResNet20 : public testing::TestWithParam<std::string> {};

TEST_P(ResNet20, ComputesWhatPytorchComputes) {
  if (const std::string lacks = support::python_lacks("torch, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  const parity::Network& network = parity::network_named(GetParam());
  for (const Configuration& configuration : parity::all_configurations()) {
    SCOPED_TRACE(configuration.name);
    expect_same_gradients(network, configuration, pytorch(network.name));
    expect_same_evaluation(network, configuration, pytorch(network.name));
    if (configuration.name == "reference_f32") continue;  // slow, and between the other two
    for (const char* optimizer : {"sgd", "adam"}) expect_same_losses(network, configuration, pytorch(network.name), optimizer);
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, ResNet20, testing::Values("resnet20_a", "resnet20_b"), [](const auto& p) { return p.param; });

// The tutorials' own training: Glorot weights, SGD at 0.1 with Nesterov's momentum and dropout; Adam with PyTorch's defaults on
// images of 224x224. Both sides compute dropout masks from the same key.
class SlowTorchTutorial : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string lacks = support::python_lacks("torch, torchvision, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  }
};

TEST_F(SlowTorchTutorial, KerasStyleNetworkHasPytorchsGradientsAndTenNesterovLosses) {
  const parity::Network& network = parity::network_named("keras_mnist");
  const Configuration configuration = parity::all_configurations().back();
  // Without batch norm some ReLU inputs are so near zero that float32 flips their sign: PyTorch's own float32 gradients are 5e-4
  // from its float64 ones.
  expect_same_gradients(network, configuration, pytorch(network.name), 1e-3);
  expect_same_losses(network, configuration, pytorch(network.name), "tutorial_nesterov");
}

TEST_F(SlowTorchTutorial, Resnet50WithoutTheStemsReluHasPytorchsTenAdamLossesAt224) {
  const parity::Network& network = parity::network_named("resnet50_linear_stem");
  expect_same_losses(network, parity::all_configurations().back(), pytorch(network.name), "tutorial_adam");
}

}  // namespace
}  // namespace residual
