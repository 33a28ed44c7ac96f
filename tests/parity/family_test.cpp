// Every network in the list computes the same logits as PyTorch, live: family_side.py generates random weights, statistics and
// images.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "io/safetensors/safetensors.h"
#include "models/table.h"
#include "parity/agreement.h"
#include "support/surroundings.h"

namespace residual {
namespace {

// "resnet20+shortcut=C+norm": a name and its choices, as family_side.py accepts them.
models::Architecture architecture_of(const std::string& text) {
  models::Architecture result;
  result.model = text.substr(0, text.find('+'));
  const auto has = [&](std::string_view choice) { return text.find(choice) != std::string::npos; };
  if (has("+stem")) result.small_stem = true;
  if (has("+block")) result.separable = true;
  if (has("+norm")) result.norm = models::Norm::kNone;
  if (has("+stride")) result.stride_on_1x1 = true;
  if (has("+shortcut=B")) result.shortcut = models::Shortcut::kB;
  if (has("+shortcut=C")) result.shortcut = models::Shortcut::kC;
  if (has("+shortcut_pool=max")) result.shortcut_pool = models::ShortcutPool::kMax;
  if (has("+shortcut_pool=average")) result.shortcut_pool = models::ShortcutPool::kAverage;
  return result;
}

State state_for(const Graph& graph, io::SafetensorsFile& file) {
  State state;
  EXPECT_EQ(graph.variables().size() + 2, file.tensors.size()) << "beside images and logits";
  for (const auto& [name, variable] : graph.variables()) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end()) fail(ErrorKind::kOther, "PyTorch's network has no '{}'", name);
    state.set(name, std::move(found->second));
  }
  return state;
}

// Compares our logits for the file's images with PyTorch's. Input size and classes are those of the file.
void expect_pytorchs_logits(models::Architecture architecture, io::SafetensorsFile file, double tolerance) {
  const Tensor& images = file.tensors.at("images");
  const Tensor& expected = file.tensors.at("logits");
  const Shape shape = images.shape();
  architecture.input = Shape{shape[1], shape[2], shape[3]};
  architecture.classes = expected.shape()[1];
  const Graph graph = models::inference_graph(architecture, shape[0]);
  parity::expect_same_logits(parity::logits_of(graph, state_for(graph, file), images), expected, tolerance);
}

struct Group {
  std::string name;
  std::vector<std::string> networks;  // each with its image size where that is not 64x64
};

void PrintTo(const Group& group, std::ostream* out) {
  *out << group.name;
}

class Family : public testing::TestWithParam<Group> {};

TEST_P(Family, ComputesWhatPytorchComputes) {
  if (const std::string lacks = support::python_lacks("torch, torchvision, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  const support::TemporaryFolder folder;
  // One network at a time: each file is up to half a GiB.
  for (const std::string& sized : GetParam().networks) {
    const std::string name = sized.substr(0, sized.find(':'));
    ASSERT_TRUE(support::run_script("parity/family_side.py", fmt::format("'{}' '{}'", folder.path().string(), sized))) << sized;
    SCOPED_TRACE(sized);
    expect_pytorchs_logits(architecture_of(name), io::read_safetensors(folder / (name + ".safetensors")), 1e-4);
    std::filesystem::remove(folder / (name + ".safetensors"));
  }
}

std::vector<Group> groups() {
  return {
      {"cifar",
       {"resnet20:32x32", "resnet32:16x16", "resnet44:16x16", "resnet56:16x16", "resnet110:16x16", "resnet1202:8x8",
        "resnet164-bottleneck:16x16", "linear:32x32"}},
      {"plain", {"plain20:32x32", "plain32:16x16", "plain44:16x16", "plain56:16x16", "plain110:16x16", "plain18", "plain34"}},
      {"choices",
       {"resnet20+shortcut=B:32x32", "resnet20+shortcut=C:17x23", "resnet20+shortcut_pool=max:32x32",
        "resnet20+shortcut_pool=average:32x32", "resnet20+norm:32x32", "resnet20+block:32x32", "resnet18+stem", "resnet18+block",
        "resnet18+norm", "resnet50+stride", "resnet50+block:65x97", "plain20+norm:32x32"}},
      {"pre_activation",
       {"preact-resnet110:16x16", "preact-resnet164:16x16", "preact-resnet1001:8x8", "preact-resnet110-basic:16x16",
        "preact-resnet18", "preact-resnet34", "preact-resnet50", "preact-resnet101", "preact-resnet152", "preact-resnet200",
        "wrn-16-8:16x16", "wrn-28-10:16x16"}},
      {"imagenet",
       {"resnet18-small", "resnet34-small", "resnet18:224x224", "resnet34", "resnet50:224x224", "resnet101", "resnet152",
        "resnet18:47x70"}},
      {"wide", {"wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"}},
      {"resnet_d", {"resnet18d", "resnet34d", "resnet50d", "resnet101d", "resnet152d"}},
      {"densenet",
       {"densenet121:224x224", "densenet161", "densenet169", "densenet201", "densenet40-k12:16x16", "densenet100-k12:16x16",
        "densenet-bc-100-k12:16x16", "densenet-bc-250-k24:16x16", "densenet-bc-190-k40:16x16"}},
      {"vgg", {"vgg11:224x224", "vgg11_bn", "vgg13", "vgg13_bn:100x70", "vgg16", "vgg16_bn:256x256", "vgg19", "vgg19_bn:32x32"}},
      {"tutorials",
       {"resnet18-shortcut", "modern-resnet18:28x28", "modern-densenet:32x32", "modern-densenet:96x96", "keras-mnist:28x28",
        "resnet50-linear-stem:224x224"}},
  };
}

INSTANTIATE_TEST_SUITE_P(SlowTorch, Family, testing::ValuesIn(groups()), [](const auto& group) { return group.param.name; });

// The files in tests/golden generated by make_family.py there.
class FamilyGolden : public testing::TestWithParam<std::string> {};

TEST_P(FamilyGolden, ComputesWhatPytorchComputed) {
  io::SafetensorsFile file =
      io::read_safetensors(fmt::format("{}/tests/golden/family_{}.safetensors", RESIDUAL_SOURCE_DIR, GetParam()));
  const models::Architecture architecture = models::Architecture::from_json(file.metadata.at("architecture"));
  expect_pytorchs_logits(architecture, std::move(file), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Parity, FamilyGolden,
                         testing::Values("densenet_bc", "densenet", "pre_activation", "averaged_bottleneck", "separable",
                                         "without_norm"),
                         [](const auto& name) { return name.param; });

// Every listed network is compared.
TEST(FamilyTable, ContainsEveryListedNetwork) {
  for (const models::ModelEntry& entry : models::model_table()) {
    const auto is_it = [&](const std::string& sized) { return sized.substr(0, sized.find_first_of(":+")) == entry.name; };
    const auto has_it = [&](const Group& group) { return std::ranges::any_of(group.networks, is_it); };
    EXPECT_TRUE(std::ranges::any_of(groups(), has_it)) << entry.name;
  }
}

}  // namespace
}  // namespace residual
