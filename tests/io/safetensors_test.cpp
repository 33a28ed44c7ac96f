#include "io/safetensors/safetensors.h"

#include "samples.h"

namespace residual::io {
namespace {

Bytes serialized(const TensorViews& tensors, const Metadata& metadata = {}) {
  Bytes bytes;
  serialize_safetensors(tensors, metadata,
                        [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

std::string text_of(const Bytes& bytes, size_t begin, size_t count) {
  return {reinterpret_cast<const char*>(bytes.data()) + begin, count};
}

// Refused as a bad file, and why.
Error refusal(const Bytes& bytes) {
  const Error error = error_of([&] { parse_safetensors(bytes, "some.safetensors"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
  EXPECT_TRUE(mentions(error, "some.safetensors"));
  return error;
}

Error refusal(const std::string& header, size_t data = 0) {
  return refusal(file_with(header, data));
}

TEST(Safetensors, GivesBackEveryElementTypeScalarsAndEmptyTensors) {
  Tensors tensors;
  int seed = 0;
  for (DType type : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kU8}) {
    Tensor tensor(type, {2, 3});
    for (size_t i = 0; i < tensor.bytes(); ++i) tensor.data()[i] = static_cast<std::byte>(++seed * 37);
    tensors.emplace(std::string(name_of(type)), std::move(tensor));
  }
  tensors.emplace("scalar", Tensor::of<float>({}, std::vector<float>{3}));
  tensors.emplace("empty", Tensor(DType::kF64, {0, 5}));
  const Metadata metadata{{"key", "value with \"quotes\" and ümlaut"}};

  const SafetensorsFile file = parse_safetensors(serialized(views_of(tensors), metadata), "x");
  EXPECT_EQ(file.metadata, metadata);
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const Tensor& read = file.tensors.at(name);
    EXPECT_EQ(read.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(read.shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(read.data(), tensor.data(), tensor.bytes()), 0) << name;
  }
}

TEST(Safetensors, AFileOnDiskReadsBackAndIsReplacedAsAWhole) {
  const TemporaryFolder folder;
  const Tensor first = Tensor::of<float>({2}, std::vector<float>{1, 2}),
               second = Tensor::of<int32_t>({1}, std::vector<int32_t>{9});
  write_safetensors(folder / "a.safetensors", {{"first", &first}});
  write_safetensors(folder / "a.safetensors", {{"second", &second}}, {{"k", "v"}});
  const SafetensorsFile file = read_safetensors(folder / "a.safetensors");
  ASSERT_EQ(file.tensors.size(), 1U);
  EXPECT_EQ(file.tensors.at("second").as<int32_t>()[0], 9);
  EXPECT_EQ(file.metadata, (Metadata{{"k", "v"}}));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Safetensors, TheBytesAreThoseOfTheFormat) {
  const Tensor half(DType::kF16, {1}), wide = Tensor::of<double>({1}, std::vector<double>{1}), single(DType::kF32, {2});
  const Bytes bytes = serialized({{"a", &half}, {"b", &single}, {"c", &wide}}, {{"m", "1"}});
  const std::string header =
      R"({"__metadata__":{"m":"1"},"c":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F16","shape":[1],"data_offsets":[16,18]}})";
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(text_of(bytes, 8, header.size()), header);
  EXPECT_EQ(text_of(bytes, 8 + header.size(), length - header.size()), std::string(length - header.size(), ' '));
  EXPECT_EQ(bytes.size(), 8 + length + 18);
}

TEST(Safetensors, AFileWithoutTensorsIsValid) {
  EXPECT_TRUE(parse_safetensors(file_with("{}"), "x").tensors.empty());
  EXPECT_EQ(parse_safetensors(serialized({}), "x").metadata.size(), 0U);
}

TEST(Safetensors, AFileIsToldByItsBeginningAndItsMetadataAreReadAlone) {
  const auto is_one = [](const Bytes& bytes) { return is_safetensors_file(memory_source(bytes, "x")); };
  const Tensor tensor(DType::kU8, {1});
  const Bytes bytes = serialized({{"a", &tensor}}, {{"k", "v"}});
  EXPECT_TRUE(is_one(bytes));
  EXPECT_EQ(read_safetensors_metadata(memory_source(bytes, "x")), (Metadata{{"k", "v"}}));
  EXPECT_TRUE(is_one(file_with("{")));
  EXPECT_FALSE(is_one(file_with("[]")));
  EXPECT_FALSE(is_one(Bytes(bytes.begin(), bytes.begin() + 9)));
  EXPECT_FALSE(is_one(Bytes(8)));
  EXPECT_FALSE(is_one({}));
  EXPECT_TRUE(mentions(error_of([&] { read_safetensors_metadata(memory_source(Bytes(7), "x")); }), "has 7 bytes"));
}

TEST(Safetensors, RefusesFilesThatAreTooShortForTheirHeader) {
  EXPECT_TRUE(mentions(refusal(Bytes{}), "has 0 bytes"));
  EXPECT_TRUE(mentions(refusal(Bytes(7)), "has 7 bytes"));
  Bytes bytes = file_with("{}");
  bytes[0] = std::byte{3};
  EXPECT_TRUE(mentions(refusal(bytes), "claims a header of 3 bytes, 2 follow"));
  bytes[7] = std::byte{0xFF};
  EXPECT_TRUE(mentions(refusal(bytes), "claims a header of"));
  EXPECT_TRUE(mentions(refusal(Bytes(8)), "not a JSON object"));
}

TEST(Safetensors, RefusesBrokenHeaders) {
  EXPECT_TRUE(mentions(refusal("{"), "not valid JSON at byte"));
  EXPECT_TRUE(mentions(refusal("[]"), "not a JSON object"));
  EXPECT_TRUE(mentions(refusal("{}x"), "not valid JSON at byte"));
  EXPECT_TRUE(mentions(refusal(std::string("{}\0", 3)), "not a JSON object"));
  EXPECT_TRUE(mentions(refusal("{\"\xFF\":1}"), "not valid JSON at byte"));
  EXPECT_TRUE(mentions(refusal(R"({"a":1})"), "a number where the format allows none"));
  EXPECT_TRUE(mentions(refusal(R"({"a":"b"})"), "a text where"));
  EXPECT_TRUE(mentions(refusal(R"({"a":[]})"), "a list where"));
  EXPECT_TRUE(mentions(refusal(R"({"a":null})"), "null where"));
  EXPECT_TRUE(mentions(refusal(R"({"__metadata__":{"a":true}})"), "true or false where"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"shape":[[1]]}})"), "a list where"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":{}}})"), "an object where"));
  EXPECT_TRUE(mentions(refusal(R"({"a":)" + std::string(100000, '[')), "a list where"));
}

TEST(Safetensors, EveryTruncationAndEveryChangeOfOneByteEndsCleanly) {
  const Bytes intact = read_file(std::filesystem::path(RESIDUAL_SOURCE_DIR) / "tests/fuzz/corpus/safetensors/types.safetensors");
  const auto reads = [](std::span<const std::byte> bytes) {
    try {
      parse_safetensors(bytes, "damaged");
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
      return false;
    }
  };
  ASSERT_TRUE(reads(intact));
  for (size_t size = 0; size < intact.size(); ++size) EXPECT_FALSE(reads(std::span(intact).first(size))) << size;
  Bytes bytes = intact;
  int64_t refused = 0;
  for (size_t place = 0; place < bytes.size(); ++place) {
    for (int change = 1; change < 256; ++change) {
      bytes[place] = intact[place] ^ static_cast<std::byte>(change);
      refused += !reads(bytes);
    }
    bytes[place] = intact[place];
  }
  EXPECT_GT(refused, 0);
}

TEST(Safetensors, RefusesNamesThatOccurTwice) {
  EXPECT_TRUE(mentions(
      refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
      "'a' occurs twice"));
  EXPECT_TRUE(mentions(refusal(R"({"__metadata__":{},"__metadata__":{}})"), "'__metadata__' occurs twice"));
  EXPECT_TRUE(mentions(refusal(R"({"__metadata__":{"k":"1","k":"2"}})"), "'k' occurs twice"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})"), "'dtype' twice"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"shape":[],"shape":[0],"data_offsets":[0,0]}})"), "'shape' twice"));
}

TEST(Safetensors, RefusesEntriesThatAreIncompleteOrUnknown) {
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[0]}})"), "lacks one of"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{}})"), "lacks one of"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"strides":[1]}})"), "unknown field 'strides'"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
                       "element type 'F8_E4M3'; supported are F32"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", 1), "element type 'BOOL'"));
  EXPECT_TRUE(
      mentions(refusal(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1), "more than 6 dimensions"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1), "a negative number"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1), "not a 64-bit integer"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1), "1 data_offsets, expected 2"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}})", 1), "a number where"));
}

TEST(Safetensors, RefusesSizesThatDoNotFitTogether) {
  EXPECT_TRUE(
      mentions(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4), "takes 8 bytes, its place has 4"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4), "bytes 0 to 8 of 4"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[4,0]}})", 4), "bytes 4 to 0 of 4"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2),
                       "end at byte 1 of the data, the file at 2"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2), "expected 0: a hole"));
  EXPECT_TRUE(mentions(
      refusal(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2),
      "expected 2: a hole or an overlap"));
  EXPECT_TRUE(mentions(refusal("{}", 1), "the file at 1"));
}

TEST(Safetensors, RefusesShapesWhoseProductOverflows) {
  EXPECT_TRUE(
      mentions(refusal(R"({"a":{"dtype":"F64","shape":[1152921504606846976,16],"data_offsets":[0,0]}})"), "more elements than"));
  EXPECT_TRUE(
      mentions(refusal(R"({"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})"), "more elements than"));
  EXPECT_TRUE(mentions(refusal(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]}})"), "a dimension of"));
}

TEST(Safetensors, RefusesMissingFilesFoldersAndPipes) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_safetensors(folder / "none"); }).kind(), ErrorKind::kBadFile);
  EXPECT_TRUE(mentions(error_of([&] { read_safetensors(folder / "none"); }), "No such file"));
  EXPECT_TRUE(mentions(error_of([&] { read_safetensors(folder / "."); }), "not a regular file"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(mentions(error_of([&] { read_safetensors(folder / "pipe"); }), "not a regular file"));
}

TEST(Safetensors, HostileNamesDoNotReachTheTerminal) {
  const Error error = refusal("{\"" + std::string(5000, 'x') + "\\u001b[2J\":{}}");
  EXPECT_LT(std::string(error.what()).size(), 300U);
  EXPECT_FALSE(mentions(refusal("{\"\\u001b[2J\":{}}"), "\x1b"));
}

TEST(Safetensors, TheWriterRefusesWhatTheFormatCannotHold) {
  const Tensor tensor(DType::kU8, {1});
  EXPECT_EQ(error_of([&] { serialized({{"\xFF", &tensor}}); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(error_of([&] { serialized({{"a", &tensor}}, {{"k", "\xC3"}}); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(error_of([&] { serialized({{"__metadata__", &tensor}}); }).kind(), ErrorKind::kUsage);
}

TEST(Safetensors, AFullDiskLeavesThePreviousFileAndNothingElse) {
  const TemporaryFolder folder;
  const Tensor small(DType::kU8, {1}), large(DType::kU8, {100000});
  write_safetensors(folder / "a", {{"small", &small}});
  {
    const FullDisk full(4096);
    const Error error = error_of([&] { write_safetensors(folder / "a", {{"large", &large}}); });
    EXPECT_EQ(error.kind(), ErrorKind::kResource) << error.what();
  }
  EXPECT_TRUE(read_safetensors(folder / "a").tensors.contains("small"));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Safetensors, AFolderThatCannotBeWrittenIsAResourceError) {
  const TemporaryFolder folder;
  const Tensor tensor(DType::kU8, {1});
  write_safetensors(folder / "file", {{"a", &tensor}});
  const Error error = error_of([&] { write_safetensors(folder / "file/inside.safetensors", {{"a", &tensor}}); });
  EXPECT_EQ(error.kind(), ErrorKind::kResource);
  EXPECT_TRUE(mentions(error, "inside.safetensors"));
}

}  // namespace
}  // namespace residual::io
