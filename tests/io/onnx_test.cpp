// ONNX files: the small ones of tests/golden/onnx, which make_onnx.py there makes, and damaged ones.
#include <algorithm>
#include <cmath>

#include "core/system/file.h"
#include "io/onnx/export/onnx_write.h"
#include "io/onnx/import/onnx_read.h"
#include "runtime/session.h"
#include "samples.h"
#include "support/targets.h"

namespace residual::io {
namespace {

const std::filesystem::path kFolder = RESIDUAL_SOURCE_DIR "/tests/golden/onnx";

std::vector<std::string> golden_names(bool refused) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".onnx" && name.starts_with("refused_") == refused) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

State state_of(const Tensors& tensors) {
  State state;
  for (const auto& [name, tensor] : tensors) state.set(name, tensor.clone());
  return state;
}

Tensor logits_of(const OnnxModel& model, const Tensor& images, const Target& target) {
  const Graph graph = rebatch(model.graph, images.shape()[0]);
  State state = state_of(model.tensors);
  Session session(compile(graph, target), state);
  std::ranges::copy(images.as<float>(), session.input<float>("images").begin());
  session.run();
  return Tensor::of<float>(graph.shape(graph.find_output("logits").value()), session.output<float>("logits"));
}

float largest(std::span<const float> values) {
  float result = 0;
  for (const float value : values) result = std::max(result, std::abs(value));
  return result;
}

class OnnxOperator : public testing::TestWithParam<std::string> {};

// The size of the images where the file leaves it open.
OnnxReadOptions options_for(const std::string& name) {
  return name == "open_sizes" ? OnnxReadOptions{.input = Shape{3, 6, 7}} : OnnxReadOptions{};
}

// The least that answers differ by: float16 has 11 bits, in which ONNX Runtime computes that file.
double tolerance(const std::string& name) {
  return name == "half_inside" ? 2e-3 : 1e-5;
}

std::vector<float> softmax(std::span<const float> logits) {
  std::vector<float> result(logits.begin(), logits.end());
  float sum = 0;
  for (float& value : result) sum += value = std::exp(value);
  for (float& value : result) value /= sum;
  return result;
}

// ONNX's reference evaluator and ONNX Runtime compute in float32, as we do, in another order. Where a file ends in Softmax or
// LogSoftmax the probabilities are compared.
TEST_P(OnnxOperator, GivesWhatOnnxSays) {
  const OnnxModel model = read_onnx(kFolder / (GetParam() + ".onnx"), options_for(GetParam()));
  const SafetensorsFile run = read_safetensors(kFolder / (GetParam() + ".safetensors"));
  const Tensor& images = run.tensors.at("images");
  Tensor expected = run.tensors.at("logits").clone();
  for (const Target& target : {support::reference_target(1), support::cpu_target(1)}) {
    const Tensor found = logits_of(model, images, target);
    ASSERT_EQ(found.shape(), expected.shape());
    const auto classes = static_cast<size_t>(found.shape()[1]);
    for (size_t row = 0; row < found.as<float>().size(); row += classes) {
      std::vector<float> ours, theirs;
      const std::span<const float> logits = found.as<float>().subspan(row, classes);
      const std::span<const float> given = std::as_const(expected).as<float>().subspan(row, classes);
      const bool logarithms = std::ranges::all_of(given, [](float value) { return value <= 0; });
      ours = model.ends_in_softmax ? softmax(logits) : std::vector(logits.begin(), logits.end());
      theirs = model.ends_in_softmax && logarithms ? softmax(given) : std::vector(given.begin(), given.end());
      for (size_t i = 0; i < classes; ++i)
        EXPECT_NEAR(ours[i], theirs[i], tolerance(GetParam()) * largest(expected.as<float>()))
            << "image " << row / classes << ", logit " << i;
    }
  }
}

// Opset 17, which we write, has no dilated average pooling.
void expect_refused_dilation(const OnnxModel& model) {
  const Error error =
      error_of([&] { serialize_onnx(model.graph, views_of(model.tensors), {}, [](std::span<const std::byte>) {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_TRUE(mentions(error, "is dilated"));
}

// What we write of a network that was read is the same network.
TEST_P(OnnxOperator, IsWrittenAsItWasRead) {
  const OnnxModel model = read_onnx(kFolder / (GetParam() + ".onnx"), options_for(GetParam()));
  if (GetParam() == "average_pool_dilated") return expect_refused_dilation(model);
  Bytes bytes;
  serialize_onnx(model.graph, views_of(model.tensors), {},
                 [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  const OnnxModel again = parse_onnx(bytes, "again.onnx");
  const Tensor images = read_safetensors(kFolder / (GetParam() + ".safetensors")).tensors.at("images").clone();
  const Tensor before = logits_of(model, images, support::reference_target(1)),
               after = logits_of(again, images, support::reference_target(1));
  for (size_t i = 0; i < before.as<float>().size(); ++i)
    EXPECT_NEAR(after.as<float>()[i], before.as<float>()[i], 1e-6 * largest(before.as<float>()));
}

INSTANTIATE_TEST_SUITE_P(Io, OnnxOperator, testing::ValuesIn(golden_names(false)), [](const auto& p) { return p.param; });

TEST(Onnx, StateDictNamesAreKeptAndOthersComeFromTheLayer) {
  const auto names = [](const std::string& file) {
    std::vector<std::string> result;
    for (const auto& [name, tensor] : read_onnx(kFolder / file).tensors) result.push_back(name);
    return result;
  };
  EXPECT_EQ(names("conv.onnx"), (std::vector<std::string>{"conv0.bias", "conv0.weight", "fc.bias", "fc.weight"}));
  EXPECT_EQ(names("gemm_row_bias.onnx"), (std::vector<std::string>{"node_gemm1.bias", "node_gemm1.weight"}));
  EXPECT_EQ(names("identity_dropout.onnx"), (std::vector<std::string>{"fc.weight"}));
}

// 0.001 is stored as the float next to it.
TEST(Onnx, AnEpsilonIsTheShortestNumberThatItsFloatMeans) {
  EXPECT_NE(to_text(read_onnx(kFolder / "batch_norm.onnx").graph).find(" eps=0.001 "), std::string::npos);
}

TEST(Onnx, ASoftmaxAtTheEndIsLeftAwayAndSaidSo) {
  EXPECT_TRUE(read_onnx(kFolder / "softmax_at_the_end.onnx").ends_in_softmax);
  EXPECT_TRUE(read_onnx(kFolder / "softmax_behind_identity.onnx").ends_in_softmax);
  EXPECT_EQ(to_text(read_onnx(kFolder / "softmax_behind_flatten.onnx").graph).find("softmax("), std::string::npos);
  EXPECT_FALSE(read_onnx(kFolder / "softmax_inside.onnx").ends_in_softmax);
}

TEST(Onnx, WhatIsNotUnderstoodIsRefusedByName) {
  const std::map<std::string, std::vector<std::string>> expected = {
      {"batch_norm_in_training", {"BatchNormalization", "training mode"}},
      {"computes_with_the_batch", {"Mul", "computes with the number of images"}},
      {"cycle", {"Conv 'node_conv0'", "form a cycle or are out of order"}},
      {"external_data", {"'conv0.weight'", "lies in another file ('../../weights.bin')", "the plain name of a file"}},
      {"larger_than_file", {"'conv0.weight'", "the file holds 216"}},
      {"missing_input", {"Relu 'node_relu1'", "'nowhere' is missing"}},
      {"negative_shape", {"'conv0.weight'", "negative dimension"}},
      {"no_classifier", {"one number a class"}},
      {"no_output", {"no node computes the output 'nothing'"}},
      {"open_height", {"leaves its height open", "--input"}},
      {"opset_6", {"opset 6; 7 to 24 are supported"}},
      {"other_domain", {"Relu 'node_relu1'", "of 'com.example' is not supported"}},
      {"quantized_by_channel", {"QuantizeLinear", "one number is expected"}},
      {"quantized_otherwise", {"DequantizeLinear", "differs from that of the QuantizeLinear"}},
      {"reshape_of_batch", {"Reshape", "keep the batch"}},
      {"shape_overflow", {"'conv0.weight'", "too large"}},
      {"sigmoid_at_the_end", {"ends in a Sigmoid"}},
      {"too_much_work_on_constants", {"products; export with constants folded"}},
      {"training_batch_norm", {"BatchNormalization 'node_batchnormalization0'", "training mode"}},
      {"two_outputs", {"2 outputs"}},
  };
  for (const std::string& name : golden_names(true)) {
    const auto found = expected.find(name.substr(8));
    ASSERT_NE(found, expected.end()) << name;
    const Error error = error_of([&] { read_onnx(kFolder / (name + ".onnx")); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << name;
    EXPECT_TRUE(mentions(error, name + ".onnx"));
    for (const std::string& part : found->second) EXPECT_TRUE(mentions(error, part)) << name;
  }
  EXPECT_EQ(golden_names(true).size(), expected.size());
}

TEST(Onnx, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  EXPECT_TRUE(mentions(error_of([&] { read_onnx(folder / "none.onnx"); }), "cannot open"));
  EXPECT_TRUE(mentions(error_of([&] { parse_onnx({}, "empty"); }), "is not an ONNX model"));
  EXPECT_TRUE(mentions(error_of([&] { parse_onnx(bytes_of(small_model()), "x"); }), "no protocol buffer?"));
}

// What the ops say of wrong shapes is said of the file, whatever that is called.
TEST(Onnx, AFileThatIsCalledAsAWordOfTheMessageIsABadFileToo) {
  const TemporaryFolder folder;
  Bytes bytes = read_file(kFolder / "conv.onnx");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  bytes[text.find("group") + 6] = std::byte{11};  // the value behind its tag
  const Error error = error_of([&] { parse_onnx(bytes, "input"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
  EXPECT_TRUE(mentions(error, "'input': Conv 'node_conv0': conv2d 'conv0': 2 input and 4 output channels"));
}

// A network or a clean refusal.
void expect_clean(const Bytes& bytes) {
  try {
    parse_onnx(bytes, "x.onnx");
  } catch (const Error& error) {
    ASSERT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
  }
}

TEST(Onnx, EveryTruncationEndsCleanly) {
  const Bytes bytes = read_file(kFolder / "residual.onnx");
  for (size_t size = 0; size < bytes.size(); ++size)
    expect_clean(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)));
}

TEST(Onnx, EveryChangeOfOneByteEndsCleanly) {
  const Bytes bytes = read_file(kFolder / "quantized_weights.onnx");
  for (size_t at = 0; at < std::min<size_t>(bytes.size(), 4096); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = bytes;
      changed[at] = static_cast<std::byte>(value);
      expect_clean(changed);
    }
  }
}

// A node of two bytes must not take a hundred times as many.
TEST(Onnx, AFileOfEmptyNodesIsRefusedBeforeItTakesMemory) {
  Bytes nodes(8 << 20);
  for (size_t i = 0; i < nodes.size(); i += 2) nodes[i] = std::byte{0x0A}, nodes[i + 1] = std::byte{0};
  Bytes bytes{std::byte{0x3A}};  // field 7, the graph, of 2^23 bytes
  for (const int byte : {0x80, 0x80, 0x80, 0x04}) bytes.push_back(static_cast<std::byte>(byte));
  bytes.insert(bytes.end(), nodes.begin(), nodes.end());
  EXPECT_TRUE(mentions(error_of([&] { parse_onnx(bytes, "x.onnx"); }), "take more than 16 MiB"));
}

}  // namespace
}  // namespace residual::io
