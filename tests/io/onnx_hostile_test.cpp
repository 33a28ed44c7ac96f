// ONNX files that no exporter writes: what they ask for stays in proportion to what they are.
#include <sys/resource.h>

#include <algorithm>
#include <map>

#include "core/limits.h"
#include "io/onnx/export/onnx_export.h"
#include "io/onnx/import/onnx_import.h"
#include "io/onnx/onnx_averaging.h"
#include "samples.h"

namespace residual::io {
namespace {

// A model of one input "images" (1,C,H,W) and one output, made node by node. The fields' numbers are those of onnx.proto.
class OnnxFile {
 public:
  explicit OnnxFile(const Shape& images) { graph_.message(11, value_info("images", images)); }

  void node(std::string_view op, const std::vector<std::string>& inputs, std::string_view output,
            const WireWriter& attributes = {}) {
    WireWriter node;
    for (const std::string& input : inputs) node.bytes(1, input);
    node.bytes(2, output);
    node.bytes(4, op);
    node.append(attributes);
    graph_.message(1, node);
  }
  // `count` nodes of one input and one output in a row, from `from` to `to`.
  void chain(std::string_view op, const std::string& from, const std::string& to, int count) {
    for (int i = 0; i < count; ++i)
      node(op, {i == 0 ? from : to + std::to_string(i)}, i + 1 == count ? to : to + std::to_string(i + 1));
  }
  template <typename T>
  void constant(std::string_view name, OnnxType type, const Shape& shape, const std::vector<T>& values) {
    WireWriter tensor = head(name, type, shape);
    tensor.bytes(9, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)});
    graph_.message(5, tensor);
  }
  // Integers split into several fields, which a writer may emit.
  void pieces(std::string_view name, const Shape& shape, const std::vector<std::string>& values) {
    WireWriter tensor = head(name, OnnxType::kInt64, shape);
    for (const std::string& piece : values) tensor.bytes(7, piece);
    graph_.message(5, tensor);
  }
  Bytes bytes(std::string_view output) const {
    WireWriter graph = graph_, opset, model;
    graph.message(12, value_info(output, {}));
    opset.varint(2, 17);
    model.varint(1, 8);
    model.message(8, opset);
    model.message(7, graph);
    const auto bytes = std::as_bytes(std::span(model.text()));
    return {bytes.begin(), bytes.end()};
  }

 private:
  static WireWriter head(std::string_view name, OnnxType type, const Shape& shape) {
    WireWriter tensor;
    for (const int64_t dim : shape.dims()) tensor.varint(1, static_cast<uint64_t>(dim));
    tensor.varint(2, static_cast<uint64_t>(type));
    tensor.bytes(8, name);
    return tensor;
  }
  static WireWriter value_info(std::string_view name, const Shape& dims) {
    WireWriter shape, tensor, type, info;
    for (const int64_t size : dims.dims()) {
      WireWriter dim;
      dim.varint(1, static_cast<uint64_t>(size));
      shape.message(1, dim);
    }
    tensor.varint(1, static_cast<uint64_t>(OnnxType::kFloat));
    tensor.message(2, shape);
    type.message(1, tensor);
    info.bytes(1, name);
    info.message(2, type);
    return info;
  }

  WireWriter graph_;
};

Error refusal(const OnnxFile& file, std::string_view output) {
  const Error error = error_of([&] { parse_onnx(file.bytes(output), "x.onnx"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
  EXPECT_TRUE(mentions(error, "'x.onnx'"));
  return error;
}

int64_t most_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} << 10;
}

// By how many bytes reading the file raises the most that this process ever took.
int64_t memory_of(const OnnxFile& file, std::string_view output) {
  const Bytes bytes = file.bytes(output);
  const int64_t before = most_memory();
  parse_onnx(bytes, "x.onnx");
  return most_memory() - before;
}

constexpr int64_t kMostMemory = int64_t{256} << 20;  // sanitizers take some of it; the files below once took a gigabyte

// Scale and shift of 65536 channels are a megabyte, which a thousand names of one value share.
TEST(OnnxHostile, NamesOfAScaledValueTakeNoMemoryOfTheirOwn) {
  OnnxFile file(Shape{1, 3, 2, 2});
  file.constant<int64_t>("pads", OnnxType::kInt64, Shape{8}, {0, 0, 0, 0, 0, 65533, 0, 0});
  file.constant<float>("two", OnnxType::kFloat, Shape{}, {2});
  file.node("Pad", {"images", "pads"}, "wide");
  file.node("Mul", {"wide", "two"}, "scaled");
  file.chain("Identity", "scaled", "identity", 500);
  file.chain("Dropout", "identity", "dropout", 300);
  file.chain("Clip", "dropout", "clip", 300);
  file.node("GlobalAveragePool", {"clip"}, "mean");
  file.node("Flatten", {"mean"}, "logits");
  EXPECT_LT(memory_of(file, "logits"), kMostMemory);
}

TEST(OnnxHostile, NamesOfQuantizedWeightsTakeNoMemoryOfTheirOwn) {
  constexpr int64_t kClasses = 65536;
  OnnxFile file(Shape{1, 1, 1, 1});
  file.constant<int8_t>("w", OnnxType::kInt8, Shape{kClasses, 1}, std::vector<int8_t>(kClasses, 3));
  file.constant<float>("step", OnnxType::kFloat, Shape{kClasses}, std::vector<float>(kClasses, 0.5F));
  file.node("DequantizeLinear", {"w", "step"}, "weights", OnnxAttributes().integer("axis", 0).fields());
  file.chain("Identity", "weights", "same", 2000);
  file.node("Flatten", {"images"}, "features");
  file.node("Gemm", {"features", "same"}, "logits", OnnxAttributes().integer("transB", 1).fields());
  EXPECT_LT(memory_of(file, "logits"), kMostMemory);
}

// Every name is used anew; made a node of its own for each, the scale would take four Variables a name.
TEST(OnnxHostile, AScaleThatManyNamesShareIsMadeOnce) {
  OnnxFile file(Shape{1, 4096, 1, 1});
  file.constant<float>("two", OnnxType::kFloat, Shape{}, {2});
  file.node("Mul", {"images", "two"}, "same0");
  std::vector<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    file.node("Identity", {"same" + std::to_string(i)}, "same" + std::to_string(i + 1));
    file.node("Relu", {"same" + std::to_string(i)}, "relu" + std::to_string(i));
    all.push_back("relu" + std::to_string(i));
  }
  file.node("Sum", all, "logits");
  EXPECT_EQ(parse_onnx(file.bytes("logits"), "x.onnx").tensors.size(), 4U);
}

// Each step doubles the constant, or reads all of it again.
TEST(OnnxHostile, ConstantsThatGrowStepByStepAreRefused) {
  OnnxFile file(Shape{1, 1, 1, 2}), again(Shape{1, 1, 1, 2});
  for (OnnxFile* each : {&file, &again}) each->constant<float>("c0", OnnxType::kFloat, Shape{1024}, std::vector<float>(1024, 0));
  for (int i = 0; i < 40; ++i)
    file.node("Concat", {"c" + std::to_string(i), "c" + std::to_string(i)}, "c" + std::to_string(i + 1),
              OnnxAttributes().integer("axis", 0).fields());
  file.node("ReduceSum", {"c40"}, "sum");
  for (int i = 0; i < 20000; ++i) again.node("Neg", {"c" + std::to_string(i)}, "c" + std::to_string(i + 1));
  again.node("ReduceSum", {"c20000"}, "sum");
  for (OnnxFile* each : {&file, &again}) {
    each->node("Add", {"images", "sum"}, "y");
    EXPECT_TRUE(mentions(refusal(*each, "y"), "compute from constants takes more than"));
  }
}

// A window of a billion rows is refused at once.
TEST(OnnxHostile, WindowsBeyondAllImagesAreRefused) {
  OnnxFile file(Shape{1, 1, 4, 4});
  file.node("MaxPool", {"images"}, "y",
            OnnxAttributes()
                .pair("kernel_shape", {1 << 30, 1 << 30})
                .integer("ceil_mode", 1)
                .pair("strides", {1 << 30, 1 << 30})
                .fields());
  EXPECT_TRUE(mentions(refusal(file, "y"), "MaxPool"));
}

TEST(OnnxHostile, AConstantThatManyNodesReadIsReadFromTheFileOnce) {
  constexpr int64_t kChannels = kMostSide;
  OnnxFile file(Shape{1, kChannels, 1, 1});
  file.constant<float>("v", OnnxType::kFloat, Shape{kChannels}, std::vector<float>(kChannels, 1));
  for (int i = 0; i < 500; ++i) {
    file.node("BatchNormalization", {i == 0 ? "images" : "norm" + std::to_string(i), "v", "v", "v", "v"},
              "norm" + std::to_string(i + 1));
  }
  file.node("Flatten", {"norm500"}, "logits");
  const Bytes bytes = file.bytes("logits");
  uint64_t read = 0;
  OnnxStorage storage({"x.onnx", bytes.size(), [&](uint64_t offset, std::span<std::byte> to) {
                         read += to.size();
                         std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), to.size(), to.begin());
                       }});
  const OnnxDocument document = parse_onnx_document(storage.file());
  EXPECT_EQ(OnnxImporter(storage, document).run().tensors.size(), 1U);
  EXPECT_LT(read, 4 * bytes.size());
}

TEST(OnnxHostile, AVarianceBelowZeroIsRefusedWhateverElseItIs) {
  OnnxFile file(Shape{1, 2, 1, 1});
  file.constant<float>("v", OnnxType::kFloat, Shape{2}, {1, -1});
  file.constant<float>("one", OnnxType::kFloat, Shape{2}, {1, 1});
  file.node("BatchNormalization", {"images", "one", "one", "v", "one"}, "first");
  file.node("BatchNormalization", {"first", "one", "one", "one", "v"}, "second");
  file.node("Flatten", {"second"}, "logits");
  EXPECT_TRUE(mentions(refusal(file, "logits"), "negative variance"));
}

TEST(OnnxHostile, MatricesOfMeansThatAreComparedAgainAndAgainAreRefused) {
  OnnxFile file(Shape{1, 1, 4096, 1});
  file.constant("rows", OnnxType::kFloat, Shape{64, 4096}, averaging_matrix(64, 4096, false));
  file.constant<float>("column", OnnxType::kFloat, Shape{1, 1}, {1});
  std::vector<std::string> all;
  for (int i = 0; i < 100; ++i) {
    file.node("MatMul", {"rows", "images"}, "rows" + std::to_string(i));
    file.node("MatMul", {"rows" + std::to_string(i), "column"}, "means" + std::to_string(i));
    all.push_back("means" + std::to_string(i));
  }
  file.node("Sum", all, "sum");
  file.node("Flatten", {"sum"}, "logits");
  EXPECT_TRUE(mentions(refusal(file, "logits"), "take more than 32 MiB"));
}

TEST(OnnxHostile, NumbersInMorePiecesThanThereAreAreRefused) {
  OnnxFile file(Shape{1, 1, 1, 2});
  std::vector<std::string> pieces(100);
  pieces.back() = "\x01\x02";
  file.pieces("shape", Shape{2}, pieces);
  file.node("Reshape", {"images", "shape"}, "logits");
  EXPECT_TRUE(mentions(refusal(file, "logits"), "'shape' has shape 2, its values lie in 100 pieces"));
}

TEST(OnnxHostile, PackedNumbersEndAndFit64Bits) {
  for (const auto& [number, message] : std::map<std::string, std::string>{
           {"\x01\x82", "a number has no end"}, {"\x01" + std::string(9, '\xFF') + "\x7F", "a number has more than 64 bits"}}) {
    OnnxFile file(Shape{1, 1, 1, 2});
    file.pieces("shape", Shape{2}, {number});
    file.node("Reshape", {"images", "shape"}, "logits");
    EXPECT_TRUE(mentions(refusal(file, "logits"), message));
  }
}

// They would become model files that do not load.
TEST(OnnxHostile, WhatAModelFileCannotHoldIsRefused) {
  for (const Shape& images : {Shape{1, 4097, 1, 1}, Shape{1, 1, 4097, 1}, Shape{1, 1, 1, 4097}}) {
    OnnxFile file(images);
    file.node("Flatten", {"images"}, "logits");
    EXPECT_TRUE(mentions(refusal(file, "logits"), "has 4097, at most 4096 are supported"));
  }
  OnnxFile one(Shape{1, 1, 1, 1}), two(Shape{1, 1, 1, 2}), many(Shape{1, 3, 4096, 4096});
  for (OnnxFile* file : {&one, &two, &many}) file->node("Flatten", {"images"}, "logits");
  EXPECT_TRUE(mentions(refusal(one, "logits"), "'logits' gives 1 classes, 2 to 1000000 are supported"));
  EXPECT_TRUE(mentions(refusal(many, "logits"), "'logits' gives 50331648 classes"));
  EXPECT_NO_THROW(parse_onnx(two.bytes("logits"), "x.onnx"));
}

TEST(OnnxHostile, HostileTextsDoNotReachTheTerminal) {
  OnnxFile file(Shape{1, 1, 4, 4});
  file.constant<float>("w", OnnxType::kFloat, Shape{1, 1, 1, 1}, {1});
  WireWriter attribute, attributes;
  attribute.bytes(1, "auto_pad");
  attribute.bytes(4, "\x1b[2J");
  attributes.message(5, attribute);
  file.node("Conv", {"images", "w"}, "y", attributes);
  EXPECT_TRUE(mentions(refusal(file, "y"), "auto_pad '?[2J' is not known"));
}

}  // namespace
}  // namespace residual::io
