// Weights as many programs and training scripts save them, written by PyTorch itself, live: their answers, or a refusal that says
// why.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "api/target.h"
#include "convert/load.h"
#include "core/error.h"
#include "eval/inference.h"
#include "io/safetensors/safetensors.h"
#include "support/surroundings.h"

namespace residual {
namespace {

namespace fs = std::filesystem;

class TorchCheckpoints : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string lacks = support::python_lacks("torch, torchvision, numpy"); !lacks.empty()) GTEST_SKIP() << lacks;
  }
  const support::TemporaryFolder folder_;
};

convert::LoadOptions options_of(const nlohmann::json& expected) {
  convert::LoadOptions options;
  options.weights_in = expected.value("weights_in", "");
  if (expected.contains("input")) options.input = Shape{3, expected["input"].get<int64_t>(), expected["input"].get<int64_t>()};
  if (expected.contains("stem_pool")) options.choices.stem_pool = expected["stem_pool"].get<bool>();
  if (expected.contains("output_stride")) options.choices.output_stride = expected["output_stride"].get<int64_t>();
  return options;
}

std::string refusal_of(const fs::path& file, const convert::LoadOptions& options) {
  try {
    convert::load(file, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The largest difference of two logits, over the largest.
double difference(const eval::Model& model, const Tensor& images, const Tensor& logits) {
  const int64_t batch = images.shape()[0];
  eval::SharedInference shared(model.architecture, model.state);
  eval::Inference inference(shared, batch, make_target({.device = "cpu", .threads = 1, .tune = false}));
  std::ranges::copy(images.as<float>(), inference.images().begin());
  inference.run();
  double largest = 0, differs = 0;
  const std::span<const float> expected = logits.as<float>(), found = inference.logits();
  if (expected.size() != found.size()) return INFINITY;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    differs = std::max(differs, std::abs(static_cast<double>(expected[i]) - static_cast<double>(found[i])));
  }
  return differs / largest;
}

TEST_F(TorchCheckpoints, AnswerAsInPytorchOrAreRefusedWithAReason) {
  ASSERT_TRUE(support::run_script("parity/checkpoints_side.py", "'" + folder_.path().string() + "'"));
  const io::SafetensorsFile reference = io::read_safetensors(folder_ / "reference.safetensors");
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    SCOPED_TRACE(entry.path().stem());
    std::ifstream text(entry.path());
    const nlohmann::json expected = nlohmann::json::parse(text);
    const fs::path file = fs::path(entry.path()).replace_extension(".pth");
    const convert::LoadOptions options = options_of(expected);
    const std::string refusal = refusal_of(file, options);
    if (expected.contains("refused")) {
      EXPECT_NE(refusal.find(expected["refused"].get<std::string>()), std::string::npos) << "the message: " << refusal;
      continue;
    }
    EXPECT_EQ(refusal, "");
    if (!refusal.empty()) continue;
    const auto key = expected["logits"].get<std::string>();
    // Float32 in another order of summation.
    EXPECT_LE(difference(convert::load(file, options).model, reference.tensors.at(key + " images"), reference.tensors.at(key)),
              1e-4);
  }
  EXPECT_GE(files, 90);
}

}  // namespace
}  // namespace residual
