#include "io/model_file.h"

#include <cmath>
#include <limits>

#include "io/checksum.h"
#include "samples.h"

namespace residual::io {
namespace {

// small_model() as a safetensors file whose metadata a test may change; without_checksum, unless it checksums it again.
struct Raw {
  SafetensorsFile file = parse_safetensors(bytes_of(small_model()), "raw");
  Raw() { file.metadata.erase(std::string(kChecksumKey)); }

  Bytes bytes() const {
    Bytes result;
    serialize_safetensors(views_of(file.tensors), file.metadata,
                          [&](std::span<const std::byte> part) { result.insert(result.end(), part.begin(), part.end()); });
    return result;
  }
};

Error refusal(const Bytes& bytes) {
  const Error error = error_of([&] { parse_model(bytes, "some.safetensors"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
  EXPECT_TRUE(mentions(error, "some.safetensors"));
  return error;
}

Error refusal_with(const std::string& key, const std::string& value) {
  Raw raw;
  raw.file.metadata[key] = value;
  return refusal(raw.bytes());
}

TEST(ModelFile, GivesBackWhatWasSaved) {
  const TemporaryFolder folder;
  save_model(folder / "m.safetensors", small_model());
  const ModelFile model = load_model(folder / "m.safetensors"), expected = small_model();
  EXPECT_EQ(model.architecture, expected.architecture);
  EXPECT_EQ(model.preprocessing, expected.preprocessing);
  EXPECT_EQ(model.labels, expected.labels);
  EXPECT_EQ(model.extra, expected.extra);
  ASSERT_EQ(model.tensors.size(), 3U);
  EXPECT_EQ(model.tensors.at("fc.weight").shape(), (Shape{2, 4}));
  EXPECT_EQ(model.tensors.at("fc.weight").as<float>()[3], -4);
  EXPECT_EQ(model.tensors.at("bn.num_batches_tracked").as<int64_t>()[0], 42);
}

TEST(ModelFile, TheSameModelGivesTheSameBytesAlsoAfterATrip) {
  const Bytes bytes = bytes_of(small_model());
  EXPECT_EQ(bytes, bytes_of(small_model()));
  EXPECT_EQ(bytes, bytes_of(parse_model(bytes, "x")));
}

TEST(ModelFile, SaysWhereNobodySaidHowImagesArePrepared) {
  ModelFile model = small_model();
  EXPECT_FALSE(parse_safetensors(bytes_of(model), "x").metadata.contains("residual.unprepared"));
  EXPECT_TRUE(parse_model(bytes_of(model), "x").preprocessing_known);
  model.preprocessing_known = false;
  EXPECT_EQ(parse_safetensors(bytes_of(model), "x").metadata.at("residual.unprepared"), "true");
  const ModelFile again = parse_model(bytes_of(model), "x");
  EXPECT_FALSE(again.preprocessing_known);
  EXPECT_EQ(again.extra, model.extra);
}

TEST(ModelFile, UnknownMetadataAreKept) {
  Raw raw;
  raw.file.metadata["residual.later"] = "something of format 1.7";
  raw.file.metadata["residual.format"] = "1.7";
  EXPECT_EQ(parse_model(raw.bytes(), "x").extra.at("residual.later"), "something of format 1.7");
}

TEST(ModelFile, ANewerMajorFormatIsRefusedWithTheVersionNeeded) {
  const Error error = refusal_with("residual.format", "2.0");
  EXPECT_TRUE(mentions(error, "needs a residual that reads format 2"));
  for (const char* broken : {"", "1", "1.", ".0", "1.x", "1.0.0", "-1.0", "0.9", "99999999999.0", "one"}) {
    EXPECT_TRUE(mentions(refusal_with("residual.format", broken), "expected a version such as 1.0")) << broken;
  }
}

TEST(ModelFile, PlainWeightsAndCheckpointsAreToldApart) {
  const TemporaryFolder folder;
  const Tensor tensor(DType::kF32, {1});
  write_safetensors(folder / "plain", {{"a", &tensor}});
  EXPECT_TRUE(mentions(error_of([&] { load_model(folder / "plain"); }), "was not written by residual"));
  save_checkpoint(folder / "checkpoint", Checkpoint{});
  EXPECT_TRUE(mentions(error_of([&] { load_model(folder / "checkpoint"); }), "is a training checkpoint, expected a model"));
}

TEST(ModelFile, EveryTruncationIsRefused) {
  const Bytes bytes = bytes_of(small_model());
  for (size_t size = 0; size < bytes.size(); ++size) refusal(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)));
}

TEST(ModelFile, NoChangedByteGoesUnnoticed) {
  const Bytes bytes = bytes_of(small_model());
  const ModelFile expected = small_model();
  size_t harmless = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = bytes;
      changed[at] = static_cast<std::byte>(value);
      if (changed == bytes) continue;
      try {
        const ModelFile model = parse_model(changed, "some.safetensors");
        // Only white space and the checksum's own name can change without a contradiction; the model is the same.
        ++harmless;
        EXPECT_EQ(model.labels, expected.labels);
        EXPECT_EQ(model.architecture, expected.architecture);
        EXPECT_EQ(model.preprocessing, expected.preprocessing);
        for (const auto& [name, tensor] : expected.tensors) {
          ASSERT_EQ(model.tensors.at(name).bytes(), tensor.bytes());
          EXPECT_EQ(std::memcmp(model.tensors.at(name).data(), tensor.data(), tensor.bytes()), 0) << "byte " << at;
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
        EXPECT_TRUE(mentions(error, "some.safetensors"));
      }
    }
  }
  EXPECT_LT(harmless, bytes.size() * 255 / 100);  // the checksum's key and the padding are a small part of the file
}

TEST(ModelFile, ADamagedModelSaysSo) {
  Bytes bytes = bytes_of(small_model());
  bytes.back() ^= std::byte{1};
  EXPECT_TRUE(mentions(refusal(bytes), "is damaged"));
}

TEST(ModelFile, WeightsThatAreNotFiniteAreRefusedByName) {
  for (float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()}) {
    Raw raw;
    raw.file.tensors.at("fc.bias").as<float>()[1] = value;
    EXPECT_TRUE(mentions(refusal(raw.bytes()), "'fc.bias' hold values that are infinite or no number"));
    ModelFile model = small_model();
    model.tensors.at("fc.bias").as<float>()[1] = value;
    const Error error = error_of([&] { bytes_of(model); });
    EXPECT_EQ(error.kind(), ErrorKind::kNumeric);
    EXPECT_TRUE(mentions(error, "fc.bias"));
  }
  Raw raw;
  raw.file.tensors.insert_or_assign("half", Tensor(DType::kF16, {1}));
  raw.file.tensors.at("half").data()[1] = std::byte{0x7C};
  EXPECT_TRUE(mentions(refusal(raw.bytes()), "'half'"));
  Raw largest;
  largest.file.tensors.at("fc.bias").as<float>()[1] = std::numeric_limits<float>::max();
  EXPECT_NO_THROW(parse_model(largest.bytes(), "x"));
}

TEST(ModelFile, MetadataThatAreMissingOrNoJsonAreRefusedByName) {
  for (const char* key : {"residual.architecture", "residual.preprocessing", "residual.labels"}) {
    Raw raw;
    raw.file.metadata.erase(key);
    EXPECT_TRUE(mentions(refusal(raw.bytes()), key));
    EXPECT_TRUE(mentions(refusal_with(key, "{"), "not valid JSON"));
    EXPECT_TRUE(mentions(refusal_with(key, R"({"a":1,"a":2})"), "the key 'a' occurs twice"));
    EXPECT_TRUE(mentions(refusal_with(key, std::string(100000, '[')), "nested deeper than 32"));
    EXPECT_TRUE(mentions(refusal_with(key, "[1e999]"), key));
  }
  EXPECT_TRUE(mentions(refusal_with("residual.labels", "[1]"), "list of texts"));
  EXPECT_TRUE(mentions(refusal_with("residual.labels", "{}"), "list of texts"));
}

TEST(ModelFile, SavingRefusesWhatItCouldNotRead) {
  ModelFile model = small_model();
  model.architecture = "resnet20";
  EXPECT_EQ(error_of([&] { bytes_of(model); }).kind(), ErrorKind::kUsage);
}

TEST(ModelFile, LabelsThatAreNoUtf8AreSavedReadably) {
  ModelFile model = small_model();
  model.labels = {"caf\xE9", "</script>\n\"'"};
  EXPECT_EQ(parse_model(bytes_of(model), "x").labels, (std::vector<std::string>{"caf\xEF\xBF\xBD", "</script>\n\"'"}));
}

TEST(ModelFile, AFullDiskLeavesThePreviousModel) {
  const TemporaryFolder folder;
  save_model(folder / "m", small_model());
  ModelFile large = small_model();
  large.tensors.emplace("large", Tensor(DType::kF32, {100000}));
  {
    const FullDisk full(2048);
    EXPECT_EQ(error_of([&] { save_model(folder / "m", large); }).kind(), ErrorKind::kResource);
  }
  EXPECT_FALSE(load_model(folder / "m").tensors.contains("large"));
  EXPECT_EQ(folder.files(), 1U);
}

}  // namespace
}  // namespace residual::io
