// ONNX files against PyTorch and ONNX Runtime, live.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "convert/load.h"
#include "core/rng.h"
#include "io/onnx/export/onnx_write.h"
#include "io/onnx/import/onnx_read.h"
#include "models/table.h"
#include "parity/agreement.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using support::TemporaryFolder;

bool side(const std::string& arguments) {
  return support::run_script("parity/onnx_side.py", arguments + " >/dev/null 2>&1");
}

const std::string kModules = "torch, torchvision, onnx, onnxruntime, onnxscript";

State state_of(const io::Tensors& tensors) {
  State state;
  for (const auto& [name, tensor] : tensors) state.set(name, tensor.clone());
  return state;
}

// The logits of all images as one batch.
Tensor logits_of(const Graph& graph, State state, const Tensor& images) {
  return parity::logits_of(rebatch(graph, images.shape()[0]), std::move(state), images);
}

class Export : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Export, OfPytorchGivesTheSameLogitsHere) {
  if (const std::string lacks = support::python_lacks(kModules); !lacks.empty()) GTEST_SKIP() << lacks;
  const auto& [network, exporter] = GetParam();
  const TemporaryFolder folder;
  ASSERT_TRUE(side(fmt::format("export {} {} '{}' '{}'", network, exporter, (folder / "model.onnx").string(),
                               (folder / "run.safetensors").string())));
  const io::OnnxModel model = io::read_onnx(folder / "model.onnx");
  const io::SafetensorsFile run = io::read_safetensors(folder / "run.safetensors");
  parity::expect_same_logits(logits_of(model.graph, state_of(model.tensors), run.tensors.at("images")), run.tensors.at("logits"));
  // The exporters fold batch norm; the file is still recognised as the network of the table and can be trained.
  convert::LoadedModel loaded = convert::load(folder / "model.onnx");
  EXPECT_EQ(loaded.model.architecture.model, network);
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  parity::expect_same_logits(
      logits_of(models::inference_graph(loaded.model.architecture, 1), std::move(loaded.model.state), run.tensors.at("images")),
      run.tensors.at("logits"));
}

// Initial weights as in training, and batch norm statistics that differ from the identity, as after training. The residual
// branches are scaled down: over hundreds of blocks with random weights, rounding errors would exceed any tolerance.
State random_state(const Graph& graph, bool residual) {
  State state = initial_state(graph, 1);
  uint64_t stream = 0;
  for (const auto& [name, variable] : graph.variables()) {
    if (variable.role != Role::kStatistic && variable.type.shape.rank() != 1) continue;
    Rng rng(1, Purpose::kTest, ++stream);
    const bool last_of_block = residual && (name.ends_with("bn2.weight") || name.ends_with("bn3.weight"));
    for (float& value : state.at(name).as<float>())
      value = last_of_block ? static_cast<float>(rng.uniform(0.1, 0.3)) : value + static_cast<float>(rng.uniform(0, 0.3));
  }
  return state;
}

class Import : public testing::TestWithParam<std::string> {};

TEST_P(Import, ByOnnxRuntimeGivesTheSameLogitsThere) {
  if (const std::string lacks = support::python_lacks(kModules); !lacks.empty()) GTEST_SKIP() << lacks;
  const models::ModelEntry entry = models::find_model(GetParam());
  const Graph graph = models::inference_graph({.model = entry.name, .input = entry.input, .classes = entry.classes}, 1);
  State state = random_state(graph, !entry.name.starts_with("plain"));
  Tensor images(DType::kF32, Shape{2, entry.input[0], entry.input[1], entry.input[2]});
  Rng rng(1, Purpose::kTest);
  for (float& value : images.as<float>()) value = static_cast<float>(rng.normal());
  const TemporaryFolder folder;
  io::write_onnx(folder / "model.onnx", graph, io::views_of(state.tensors()));
  io::write_safetensors(folder / "run.safetensors", {{"images", &images}});
  ASSERT_TRUE(side(fmt::format("run '{}' '{}' '{}'", (folder / "model.onnx").string(), (folder / "run.safetensors").string(),
                               (folder / "out.safetensors").string())));
  const io::SafetensorsFile out = io::read_safetensors(folder / "out.safetensors");
  parity::expect_same_logits(logits_of(graph, std::move(state), images), out.tensors.at("logits"));
}

std::vector<std::string> all_networks() {
  std::vector<std::string> names;
  for (const models::ModelEntry& entry : models::model_table()) names.push_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(SlowTorch, Import, testing::ValuesIn(all_networks()), [](const auto& p) {
  std::string name = p.param;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(TorchOnnx, AnExportWithUnfoldedBatchNormIsTheNetworkOfTheTable) {
  if (const std::string lacks = support::python_lacks(kModules); !lacks.empty()) GTEST_SKIP() << lacks;
  const TemporaryFolder folder;
  ASSERT_TRUE(side(fmt::format("export resnet18 unfolded '{}' '{}'", (folder / "model.onnx").string(),
                               (folder / "run.safetensors").string())));
  convert::LoadedModel loaded = convert::load(folder / "model.onnx");
  EXPECT_EQ(loaded.model.architecture.model, "resnet18");
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  const io::SafetensorsFile run = io::read_safetensors(folder / "run.safetensors");
  const Graph graph = models::inference_graph(loaded.model.architecture, 1);
  parity::expect_same_logits(logits_of(graph, std::move(loaded.model.state), run.tensors.at("images")), run.tensors.at("logits"));
}

INSTANTIATE_TEST_SUITE_P(Torch, Export,
                         testing::Combine(testing::Values("resnet18", "resnet50", "densenet121", "vgg16", "wide_resnet50_2"),
                                          testing::Values("torchscript", "dynamo", "default")),
                         [](const auto& p) { return std::get<0>(p.param) + "_by_" + std::get<1>(p.param); });

}  // namespace
}  // namespace residual
