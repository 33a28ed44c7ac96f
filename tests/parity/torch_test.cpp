// The full ResNet-20 against PyTorch, live: pytorch_side.py is run by $RESIDUAL_PYTHON, or by the Python that the build was told
// of.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "parity/agreement.h"

namespace residual {
namespace {

using parity::Place;
using parity::Reference;

std::string python() {
  const char* given = std::getenv("RESIDUAL_PYTHON");
  return given != nullptr && *given != '\0' ? given : RESIDUAL_PYTHON;
}

bool runs(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

// What PyTorch computes for `network`; made once a process.
const Reference& pytorch(const std::string& network) {
  static std::map<std::string, Reference> made;
  if (const auto found = made.find(network); found != made.end()) return found->second;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("residual-{}-{}.safetensors", network, getpid());
  const std::string command =
      fmt::format("'{}' '{}/tests/parity/pytorch_side.py' {} '{}'", python(), RESIDUAL_SOURCE_DIR, network, file.string());
  if (!runs(command)) fail(ErrorKind::kOther, "this command failed: {}", command);
  const Reference& reference = made.emplace(network, io::read_safetensors(file)).first->second;
  std::filesystem::remove(file);
  return reference;
}

// One test a network, so that PyTorch's part is done once for all places, whoever runs the tests one by one.
class ResNet20 : public testing::TestWithParam<std::string> {};

TEST_P(ResNet20, computes_what_pytorch_computes) {
  if (!runs(fmt::format("'{}' -c 'import torch, numpy' 2>/dev/null", python()))) {
    GTEST_SKIP() << python() << " has no torch and numpy; scripts/setup check installs them, or set RESIDUAL_PYTHON";
  }
  const parity::Network& network = parity::network_named(GetParam());
  for (const Place& place : parity::all_places()) {
    SCOPED_TRACE(place.name);
    expect_same_gradients(network, place, pytorch(network.name));
    expect_same_evaluation(network, place, pytorch(network.name));
    if (place.name == "reference_f32") continue;  // slow, and between the two others
    for (const char* optimizer : {"sgd", "adam"}) expect_same_losses(network, place, pytorch(network.name), optimizer);
  }
}

INSTANTIATE_TEST_SUITE_P(Torch, ResNet20, testing::Values("resnet20_a", "resnet20_b"), [](const auto& p) { return p.param; });

// The tutorials' own training: Glorot weights, SGD at 0.1 with Nesterov's momentum and dropout; Adam with PyTorch's defaults on
// pictures of 224x224. The masks of dropout are computed on both sides from the same key.
class SlowTorchTutorial : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs(fmt::format("'{}' -c 'import torch, numpy, importlib.util as u; assert u.find_spec(\"torchvision\")' 2>/dev/null",
                          python()))) {
      GTEST_SKIP() << python()
                   << " has no torch, torchvision and numpy; scripts/setup check installs them, or set RESIDUAL_PYTHON";
    }
  }
};

TEST_F(SlowTorchTutorial, keras_style_network_has_pytorchs_gradients_and_ten_nesterov_losses) {
  const parity::Network& network = parity::network_named("keras_mnist");
  const Place place = parity::all_places().back();
  // Without batch norm some ReLUs stand so near zero that float32 switches them: PyTorch's own float32 gradients are 5e-4 from
  // its float64 ones.
  expect_same_gradients(network, place, pytorch(network.name), 1e-3);
  expect_same_losses(network, place, pytorch(network.name), "tutorial_nesterov");
}

TEST_F(SlowTorchTutorial, resnet50_without_the_stems_relu_has_pytorchs_ten_adam_losses_at_224) {
  const parity::Network& network = parity::network_named("resnet50_linear_stem");
  expect_same_losses(network, parity::all_places().back(), pytorch(network.name), "tutorial_adam");
}

}  // namespace
}  // namespace residual
