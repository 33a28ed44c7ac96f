// ONNX files whose weights lie in another file beside them, as PyTorch's exporter writes them.
#include "core/system/file.h"
#include "io/onnx/export/onnx_export.h"
#include "io/onnx/import/onnx_read.h"
#include "samples.h"

namespace residual::io {
namespace {

const std::filesystem::path kGolden = RESIDUAL_SOURCE_DIR "/tests/golden/onnx";
const std::string kData = "external.onnx.data";

Bytes bytes_of_text(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  replace_file(path, [&](const ByteSink& sink) { sink(bytes); });
}

// One linear layer of two classes whose weight lies where the entries say.
Bytes linear_file(const std::vector<std::pair<std::string, std::string>>& entries) {
  const auto value = [](std::string_view name, const std::vector<uint64_t>& sizes) {
    WireWriter shape, tensor, type, info;
    for (const uint64_t size : sizes) {
      WireWriter dim;
      dim.varint(1, size);
      shape.message(1, dim);
    }
    tensor.varint(1, 1);
    tensor.message(2, shape);
    type.message(1, tensor);
    info.bytes(1, name);
    info.message(2, type);
    return info;
  };
  WireWriter weight, flatten, gemm, graph, opset, model;
  weight.varint(1, 2), weight.varint(1, 3), weight.varint(2, 1), weight.bytes(8, "fc.weight");
  for (const auto& [key, text] : entries) {
    WireWriter entry;
    entry.bytes(1, key), entry.bytes(2, text);
    weight.message(13, entry);
  }
  weight.varint(14, 1);
  flatten.bytes(1, "images"), flatten.bytes(2, "x"), flatten.bytes(4, "Flatten");
  gemm.bytes(1, "x"), gemm.bytes(1, "fc.weight"), gemm.bytes(2, "y"), gemm.bytes(4, "Gemm");
  gemm.append(OnnxAttributes().integer("transB", 1).fields());
  graph.message(1, flatten), graph.message(1, gemm), graph.message(5, weight);
  graph.message(11, value("images", {1, 3, 1, 1})), graph.message(12, value("y", {}));
  opset.varint(2, 17);
  model.varint(1, 8), model.message(8, opset), model.message(7, graph);
  return bytes_of_text(model.text());
}

Bytes six_floats() {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

std::vector<float> weight_of(const std::filesystem::path& path) {
  const OnnxModel model = read_onnx(path);
  const auto values = model.tensors.at("fc.weight").as<float>();
  return {values.begin(), values.end()};
}

TEST(OnnxExternal, OffsetAndLengthMayBeLeftOut) {
  const TemporaryFolder folder;
  Bytes shifted(8);
  const Bytes floats = six_floats();
  shifted.insert(shifted.end(), floats.begin(), floats.end());
  write(folder / "w", floats);
  write(folder / "shifted", shifted);
  const std::vector<float> expected{1, 2, 3, 4, 5, 6};
  write(folder / "a.onnx", linear_file({{"location", "w"}}));
  write(folder / "b.onnx", linear_file({{"location", "shifted"}, {"offset", "8"}}));
  write(folder / "c.onnx", linear_file({{"location", "shifted"}, {"offset", "8"}, {"length", "24"}, {"checksum", "x"}}));
  for (const char* name : {"a.onnx", "b.onnx", "c.onnx"}) EXPECT_EQ(weight_of(folder / name), expected) << name;
}

TEST(OnnxExternal, SizesAreCheckedAgainstTheFile) {
  const TemporaryFolder folder;
  write(folder / "w", six_floats());
  const auto refusal = [&](const std::vector<std::pair<std::string, std::string>>& entries) {
    write(folder / "m.onnx", linear_file(entries));
    const Error error = error_of([&] { read_onnx(folder / "m.onnx"); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
    EXPECT_TRUE(mentions(error, "'fc.weight'") || mentions(error, "number of bytes"));
    return error;
  };
  EXPECT_TRUE(mentions(refusal({{"location", "w"}, {"offset", "4"}}), "lies at byte 4 of 'w' and takes 24; that file has 24"));
  EXPECT_TRUE(mentions(refusal({{"location", "w"}, {"offset", "9223372036854775807"}}), "that file has 24"));
  EXPECT_TRUE(mentions(refusal({{"location", "w"}, {"length", "20"}}), "24 bytes are expected; the file holds 20"));
  EXPECT_TRUE(mentions(refusal({{"location", "w"}, {"length", "-1"}}), "a number of bytes is expected"));
  EXPECT_TRUE(mentions(refusal({{"location", "gone"}}), "lies in 'gone', which is missing"));
}

TEST(OnnxExternal, OnlyPlainNamesOfTheFolderAreFollowed) {
  const TemporaryFolder folder, elsewhere;
  write(elsewhere / "w", six_floats());
  std::filesystem::create_directory(folder / "sub");
  write(folder / "sub" / "w", six_floats());
  std::filesystem::create_symlink(elsewhere / "w", folder / "link");
  for (const std::string& location : {std::string("sub/w"), std::string("../w"), (elsewhere / "w").string(), std::string(".."),
                                      std::string(""), std::string("sub\\w")}) {
    write(folder / "m.onnx", linear_file({{"location", location}}));
    EXPECT_TRUE(mentions(error_of([&] { read_onnx(folder / "m.onnx"); }), "must be the plain name of a file")) << location;
  }
  write(folder / "m.onnx", linear_file({{"location", "link"}}));
  EXPECT_TRUE(mentions(error_of([&] { read_onnx(folder / "m.onnx"); }), "a link that leads out of the model's folder"));
  write(folder / "m.onnx", linear_file({{"location", "sub"}}));
  EXPECT_TRUE(mentions(error_of([&] { read_onnx(folder / "m.onnx"); }), "not a regular file"));
}

// As Hugging Face's cache keeps its files: links to files that lie beside each other.
TEST(OnnxExternal, ALinkToTheModelMayHaveALinkToItsWeights) {
  const TemporaryFolder blobs, snapshot;
  write(blobs / "1", linear_file({{"location", "w"}}));
  write(blobs / "2", six_floats());
  std::filesystem::create_symlink(blobs / "1", snapshot / "m.onnx");
  std::filesystem::create_symlink(blobs / "2", snapshot / "w");
  EXPECT_EQ(weight_of(snapshot / "m.onnx").size(), 6U);
}

TEST(OnnxExternal, AModelInMemoryHasNoFilesBesideIt) {
  const Bytes bytes = read_file(kGolden / "external.onnx");
  const Error error = error_of([&] { parse_onnx(bytes, "x.onnx"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
  EXPECT_TRUE(mentions(error, "this model is in memory"));
}

TEST(OnnxExternal, AFileOfWeightsThatIsCutShortIsRefused) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(kGolden / "external.onnx", folder / "external.onnx");
  std::filesystem::copy_file(kGolden / kData, folder / kData);
  EXPECT_NO_THROW(read_onnx(folder / "external.onnx"));
  std::filesystem::resize_file(folder / kData, std::filesystem::file_size(folder / kData) - 1);
  EXPECT_TRUE(mentions(error_of([&] { read_onnx(folder / "external.onnx"); }), "cut short"));
}

}  // namespace
}  // namespace residual::io
