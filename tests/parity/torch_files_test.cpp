// Files read from and written for PyTorch, compared with PyTorch itself, live.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "convert/load.h"
#include "convert/save.h"
#include "io/torch/torch_file.h"
#include "models/table.h"
#include "support/surroundings.h"

namespace residual {
namespace {

namespace fs = std::filesystem;

bool side(const std::string& arguments) {
  return support::run_script("parity/torch_files_side.py", arguments);
}

class TorchFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string lacks = support::python_lacks("torch, torchvision, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  }
  const support::TemporaryFolder folder_;
};

std::string line(const std::string& name, const Tensor& tensor) {
  const uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(tensor.data()), tensor.bytes());
  return fmt::format("{} {} {} {:08x}", name, name_of(tensor.dtype()), to_string(tensor.shape()), tensor.bytes() == 0 ? 0 : sum);
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string text; std::getline(file, text);) lines.push_back(text);
  return lines;
}

TEST_F(TorchFiles, EveryFileThatPytorchWritesIsReadExactly) {
  ASSERT_TRUE(side("make '" + folder_.path().string() + "'"));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    if (entry.path().extension() != ".pth") continue;
    ++files;
    std::set<std::string> found;
    for (const auto& [name, tensor] : io::read_torch(entry.path()).tensors) found.insert(line(name, tensor));
    const std::vector<std::string> expected = lines_of(fs::path(entry.path()).replace_extension(".txt"));
    EXPECT_EQ(found, std::set<std::string>(expected.begin(), expected.end())) << entry.path();
  }
  EXPECT_EQ(files, 16);
}

// A model with random weights.
eval::Model drawn(const std::string& name) {
  const models::Architecture architecture = models::published(name);
  const std::vector<float> mean(static_cast<size_t>(architecture.input[0]), 0.0F), std(mean.size(), 1.0F);
  State state = initial_state(models::inference_graph(architecture, 1), 1);
  return {architecture, data::Preprocessing::standard(architecture.input, mean, std), {}, std::move(state), {}};
}

class SlowTorchFiles : public TorchFiles {};

TEST_F(SlowTorchFiles, EveryNetworkIsLoadedByPytorchInItsOrderAndIsReadBackBitForBit) {
  for (const models::ModelEntry& entry : models::model_table()) {
    SCOPED_TRACE(entry.name);
    const eval::Model model = drawn(entry.name);
    const fs::path file = folder_ / "model.pth", list = folder_ / "model.txt";
    convert::save(file, model);
    ASSERT_TRUE(side(fmt::format("read '{}' '{}' {}", file.string(), list.string(), entry.name)));
    const convert::StateDict dict = convert::state_dict_of(model);
    std::vector<std::string> expected;
    for (const std::string& name : dict.order) expected.push_back(line(name, *dict.tensors.at(name)));
    EXPECT_EQ(lines_of(list), expected);

    convert::LoadOptions options;
    options.architecture = model.architecture;
    const convert::LoadedModel again = convert::load(file, options);
    for (const auto& [name, tensor] : model.state.tensors()) {
      EXPECT_EQ(line(name, again.model.state.at(name)), line(name, tensor));
    }
  }
}

}  // namespace
}  // namespace residual
