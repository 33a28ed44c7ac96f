// ONNX files against PyTorch and ONNX Runtime, live: onnx_side.py is run by $RESIDUAL_PYTHON, or by the Python that the build was
// told of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "backend/backends.h"
#include "convert/load.h"
#include "core/rng.h"
#include "io/onnx_read.h"
#include "io/onnx_write.h"
#include "models/table.h"
#include "passes/fold_batch_norm.h"
#include "runtime/session.h"

namespace residual {
namespace {

std::string side(const std::string& arguments) {
  const char* given = std::getenv("RESIDUAL_PYTHON");
  return fmt::format("'{}' '{}/tests/parity/onnx_side.py' {} >/dev/null 2>&1",
                     given != nullptr && *given != '\0' ? given : RESIDUAL_PYTHON, RESIDUAL_SOURCE_DIR, arguments);
}

bool runs(const std::string& command) {
  return std::system(command.c_str()) == 0;
}

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("residual-onnx-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

State state_of(const io::Tensors& tensors) {
  State state;
  for (const auto& [name, tensor] : tensors) state.set(name, tensor.clone());
  return state;
}

Tensor logits_of(const Graph& graph, State state, const Tensor& pictures) {
  const Graph batch = fold_batch_norm(rebatch(graph, pictures.shape()[0]));
  const Shape shape = batch.shape(batch.find_output("logits").value());
  Session session(compile(batch, cpu_backends(), {.threads = 2, .tune = false, .tuning_cache = {}}), state);
  std::ranges::copy(pictures.as<float>(), session.input<float>("pictures").begin());
  session.run();
  return Tensor::of<float>(shape, session.output<float>("logits"));
}

// Both computed in float32, in different orders: 1e-4 of the largest logit, and the same winner.
void expect_same(const Tensor& found, const Tensor& expected) {
  ASSERT_EQ(found.shape(), expected.shape());
  const std::span<const float> a = found.as<float>(), b = expected.as<float>();
  float largest = 0, difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    difference = std::max(difference, std::abs(a[i] - b[i]));
    ASSERT_TRUE(std::isfinite(a[i]));
  }
  EXPECT_LE(difference, 1e-4F * largest);
  const size_t classes = static_cast<size_t>(found.shape()[1]);
  for (size_t row = 0; row < a.size(); row += classes) {
    const auto winner = [&](std::span<const float> all) {
      return std::ranges::max_element(all.subspan(row, classes)) - all.begin();
    };
    EXPECT_EQ(winner(a), winner(b));
  }
}

class Export : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Export, of_pytorch_computes_here_what_it_computes_there) {
  if (!runs(side("check")))
    GTEST_SKIP()
        << "no Python with torch, torchvision, onnx and onnxruntime; scripts/setup check installs them, or set RESIDUAL_PYTHON";
  const auto& [network, exporter] = GetParam();
  const Folder folder;
  ASSERT_TRUE(
      runs(side(fmt::format("export {} {} '{}' '{}'", network, exporter, folder / "model.onnx", folder / "run.safetensors"))));
  const io::OnnxModel model = io::read_onnx(folder / "model.onnx");
  const io::SafetensorsFile run = io::read_safetensors(folder / "run.safetensors");
  expect_same(logits_of(model.graph, state_of(model.tensors), run.tensors.at("pictures")), run.tensors.at("logits"));
}

// Weights as at the start of training, and batch norm whose statistics say something, as at its end. What a block adds is kept
// small: over hundreds of blocks of random weights, rounding would grow beyond any tolerance.
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

TEST_P(Import, by_onnx_runtime_computes_there_what_it_computes_here) {
  if (!runs(side("check")))
    GTEST_SKIP()
        << "no Python with torch, torchvision, onnx and onnxruntime; scripts/setup check installs them, or set RESIDUAL_PYTHON";
  const models::ModelEntry entry = models::find_model(GetParam());
  const Graph graph = models::inference_graph({.model = entry.name, .input = entry.input, .classes = entry.classes}, 1);
  State state = random_state(graph, !entry.name.starts_with("plain"));
  io::TensorViews views;
  for (const auto& [name, tensor] : state.tensors()) views.emplace(name, &tensor);
  Tensor pictures(DType::kF32, Shape{2, entry.input[0], entry.input[1], entry.input[2]});
  Rng rng(1, Purpose::kTest);
  for (float& value : pictures.as<float>()) value = static_cast<float>(rng.normal());
  const Folder folder;
  io::write_onnx(folder / "model.onnx", graph, views);
  io::write_safetensors(folder / "run.safetensors", {{"pictures", &pictures}});
  ASSERT_TRUE(runs(
      side(fmt::format("run '{}' '{}' '{}'", folder / "model.onnx", folder / "run.safetensors", folder / "out.safetensors"))));
  const io::SafetensorsFile out = io::read_safetensors(folder / "out.safetensors");
  expect_same(logits_of(graph, std::move(state), pictures), out.tensors.at("logits"));
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

TEST(TorchOnnx, an_export_with_batch_norm_as_it_was_is_the_network_of_the_table) {
  if (!runs(side("check")))
    GTEST_SKIP()
        << "no Python with torch, torchvision, onnx and onnxruntime; scripts/setup check installs them, or set RESIDUAL_PYTHON";
  const Folder folder;
  ASSERT_TRUE(runs(side(fmt::format("export resnet18 unfolded '{}' '{}'", folder / "model.onnx", folder / "run.safetensors"))));
  const convert::LoadedModel loaded = convert::load(folder / "model.onnx");
  EXPECT_EQ(loaded.model.architecture.model, "resnet18");
  EXPECT_TRUE(loaded.model.architecture.graph.empty());
  const io::SafetensorsFile run = io::read_safetensors(folder / "run.safetensors");
  State state;
  for (const auto& [name, tensor] : loaded.model.state.tensors()) state.set(name, tensor.clone());
  expect_same(logits_of(models::inference_graph(loaded.model.architecture, 1), std::move(state), run.tensors.at("pictures")),
              run.tensors.at("logits"));
}

INSTANTIATE_TEST_SUITE_P(Torch, Export,
                         testing::Combine(testing::Values("resnet18", "resnet50", "densenet121", "vgg16", "wide_resnet50_2"),
                                          testing::Values("torchscript", "dynamo")),
                         [](const auto& p) { return std::get<0>(p.param) + "_by_" + std::get<1>(p.param); });

}  // namespace
}  // namespace residual
