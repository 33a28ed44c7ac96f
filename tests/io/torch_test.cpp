#include "io/torch/torch_file.h"

#include <fstream>
#include <iterator>

#include "core/log.h"
#include "io/torch/zip_archive.h"
#include "samples.h"

namespace residual::io {
namespace {

// The inputs that make_torch_corpus.py makes: "torch_zip/types".
Bytes sample(const std::string& name) {
  std::ifstream file(std::string(RESIDUAL_SOURCE_DIR "/tests/fuzz/corpus/") + name, std::ios::binary);
  const std::vector<char> letters{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(letters));
  EXPECT_FALSE(bytes.empty()) << name;
  return {bytes.begin(), bytes.end()};
}

TorchFile read(const Bytes& bytes) {
  return read_torch(memory_source(bytes, "some.pth"));
}

Error refusal(const Bytes& bytes) {
  const Error error = error_of([&] { read(bytes); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
  EXPECT_TRUE(mentions(error, "some.pth"));
  return error;
}

std::vector<float> floats(const Tensor& tensor) {
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

// A pickle from the corpus as the object in an old file, or as the data.pkl of a zip.
Bytes old_file_of(const std::string& pickle) {
  Bytes bytes = sample("torch_old/evil");
  const Bytes evil = sample("pickle/evil_2"), object = sample(pickle);
  bytes.resize(bytes.size() - evil.size());
  bytes.insert(bytes.end(), object.begin(), object.end());
  return bytes;
}

Bytes zip_file_of(const std::string& pickle) {
  const Bytes object = sample(pickle), data(16);
  const std::vector<ZipEntry> entries{{"archive/data.pkl", object}, {"archive/data/0", data}};
  Bytes bytes;
  serialize_zip(entries, [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  return bytes;
}

TEST(PytorchFile, BothFormatsHoldTheSameStateDict) {
  const TorchFile zip = read(sample("torch_zip/state_dict")), old = read(sample("torch_old/state_dict"));
  ASSERT_EQ(zip.tensors.size(), 7U);
  ASSERT_EQ(old.tensors.size(), 7U);
  EXPECT_EQ(zip.tensors.at("0.weight").shape(), (Shape{2, 1, 3, 3}));
  for (const auto& [name, tensor] : zip.tensors) {
    const Tensor& other = old.tensors.at(name);
    ASSERT_EQ(other.shape(), tensor.shape()) << name;
    ASSERT_EQ(other.dtype(), tensor.dtype()) << name;
    EXPECT_EQ(std::memcmp(other.data(), tensor.data(), tensor.bytes()), 0) << name;
  }
}

TEST(PytorchFile, GivesEveryElementTypeAndEveryViewDense) {
  for (const char* name : {"torch_zip/types", "torch_old/types"}) {
    SCOPED_TRACE(name);
    const TorchFile file = read(sample(name));
    EXPECT_EQ(file.tensors.at("f64").as<double>()[1], 1);
    EXPECT_EQ(file.tensors.at("f16").dtype(), DType::kF16);
    EXPECT_EQ(file.tensors.at("bf16").dtype(), DType::kBF16);
    EXPECT_EQ(file.tensors.at("i64").as<int64_t>()[0], 7);
    EXPECT_EQ(file.tensors.at("i64").shape(), Shape{});
    EXPECT_EQ(file.tensors.at("i32").as<int32_t>()[0], 1);
    EXPECT_EQ(file.tensors.at("u8").as<uint8_t>()[0], 1);
    EXPECT_EQ(file.tensors.at("empty").shape(), (Shape{0, 3}));
    EXPECT_EQ(file.tensors.at("transposed").shape(), (Shape{3, 2}));
    EXPECT_EQ(floats(file.tensors.at("transposed")), (std::vector<float>{0, 3, 1, 4, 2, 5}));
    EXPECT_EQ(floats(file.tensors.at("tail")), (std::vector<float>{4, 5}));
    EXPECT_EQ(floats(file.tensors.at("parameter")), (std::vector<float>{0, 1}));
    EXPECT_EQ(floats(file.tensors.at("every_second")), (std::vector<float>{0, 2, 4}));
    EXPECT_FALSE(file.tensors.contains("bool"));
  }
}

TEST(PytorchFile, FindsTheStateDictInsideACheckpointAndKeepsWhatStandsBesideIt) {
  for (const char* name : {"torch_zip/wrapped", "torch_old/wrapped"}) {
    const TorchFile file = read(sample(name));
    EXPECT_EQ(file.tensors.size(), 7U);
    EXPECT_TRUE(file.tensors.contains("module.0.weight"));
    EXPECT_EQ(file.notes, (Metadata{{"arch", "net"}, {"best_acc1", "0.5"}, {"epoch", "3"}}));
  }
}

TEST(PytorchFile, SaysWhichOfSeveralStateDictsIsRead) {
  std::string told;
  set_log_sink([&](LogLevel, std::string_view text) { told += text; });
  EXPECT_EQ(read(zip_file_of("pickle/averaged_too")).tensors.size(), 1U);
  EXPECT_EQ(
      told,
      "'some.pth': the tensors under 'model' are read, those under 'optimizer', 'model_ema' are not; --weights-in NAME reads "
      "others");
  told.clear();
  read(zip_file_of("pickle/fine"));
  set_log_sink({});
  EXPECT_EQ(told, "");
}

TEST(PytorchFile, NamesWhatAPickleWouldExecuteAndExecutesNothing) {
  for (const char* name : {"pickle/evil_0", "pickle/evil_2", "pickle/evil_4"}) {
    EXPECT_TRUE(mentions(refusal(old_file_of(name)), "'posix.system'")) << name;
    EXPECT_TRUE(mentions(refusal(zip_file_of(name)), "'posix.system'")) << name;
  }
}

TEST(PytorchFile, WhateverStandsBesideTheWeightsIsData) {
  for (const char* name : {"torch_zip/company", "torch_old/company"}) {
    const TorchFile file = read(sample(name));
    EXPECT_EQ(file.tensors.size(), 7U) << name;
    EXPECT_TRUE(file.tensors.contains("0.weight")) << name;
  }
}

TEST(PytorchFile, AModuleSavedAsAWholeHasTheTensorsOfItsStateDict) {
  for (const char* name : {"torch_zip/module", "torch_old/module"}) {
    const TorchFile file = read(sample(name)), plain = read(sample("torch_zip/state_dict"));
    ASSERT_EQ(file.tensors.size(), 7U) << name;
    EXPECT_EQ(floats(file.tensors.at("0.weight")), floats(plain.tensors.at("0.weight"))) << name;
    EXPECT_EQ(file.tensors.at("1.0.running_mean").shape(), Shape{2}) << name;
  }
}

TEST(PytorchFile, TheWeightsThatAreNamedAreRead) {
  const auto under = [](const Bytes& bytes, std::string_view name) {
    return read_torch(memory_source(bytes, "some.pth"), name).tensors;
  };
  EXPECT_EQ(under(zip_file_of("pickle/averaged_too"), "model_ema").size(), 1U);
  EXPECT_TRUE(under(sample("torch_zip/wrapped"), "state_dict.module").contains("0.weight"));
  EXPECT_EQ(under(sample("torch_zip/wrapped"), "state_dict.module.1").size(), 5U);
  const Error error = error_of([&] { under(zip_file_of("pickle/averaged_too"), "ema"); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_TRUE(mentions(error, "'optimizer', 'model', 'model_ema'"));
}

TEST(PytorchFile, ObjectsInTheStateDictItselfAreRefused) {
  EXPECT_TRUE(mentions(refusal(zip_file_of("pickle/set_in_state_dict")), "holds a set under 's'"));
  EXPECT_TRUE(mentions(refusal(zip_file_of("pickle/object_in_state_dict")), "what 'argparse.Namespace' would make under 's'"));
}

TEST(PytorchFile, RefusesPicklesThatDescribeMoreThanThereIs) {
  const std::pair<const char*, const char*> expected[] = {
      {"bomb", "holds no tensors"},
      {"itself", "holds no tensors, only 'model'"},
      {"doubling_modules", "names take more than"},
      {"module_in_itself", "nested deeper than 64"},
      {"long_names", "names take more than"},
      {"opcodes_all", "holds no tensors, only 'a', 'b'"},
      {"marks", "nests deeper than 1000"},
      {"overflow", "is too large"},
      {"negative_stride", "not a number from 0 on"},
      {"negative_size", "not a number from 0 on"},
      {"beyond", "reaches beyond its storage '0' of 4 elements"},
      {"negated", "negated or conjugate view"},
      {"far_stride", "reaches beyond its storage"},
      {"repeated", "repeat the same elements over and over"},
      {"huge_storage", "storage '0' has 1152921504606846976 elements"},
  };
  for (const auto& [name, reason] : expected) {
    EXPECT_TRUE(mentions(refusal(old_file_of(std::string("pickle/") + name)), reason)) << name;
    EXPECT_TRUE(mentions(refusal(zip_file_of(std::string("pickle/") + name)), reason)) << name;
  }
}

TEST(PytorchFile, RefusesArchivesThatAreNotAsPyTorchWritesThem) {
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/deflated")), "'archive/byteorder' is compressed"));
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/compressed_bomb")), "is compressed"));
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/big_endian")), "another order of bytes"));
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/short_storage")), "'archive/data/0' has 8 bytes, its tensors need 16"));
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/no_storage")), "no entry 'archive/data/0'"));
  EXPECT_TRUE(mentions(refusal(sample("torch_zip/torchscript")), "TorchScript"));
  EXPECT_TRUE(mentions(refusal(sample("torch_old/no_storages")), "holds no storage '0'"));
  EXPECT_TRUE(mentions(refusal(Bytes(100)), "neither as a zip archive"));
  EXPECT_TRUE(mentions(refusal(Bytes{}), "neither as a zip archive"));
}

TEST(PytorchFile, IsToldByItsFirstBytes) {
  for (const char* name : {"torch_zip/minimal", "torch_old/minimal"})
    EXPECT_TRUE(is_torch_file(memory_source(sample(name), "x")));
  EXPECT_FALSE(is_torch_file(memory_source(bytes_of(small_model()), "x")));
  EXPECT_FALSE(is_torch_file(memory_source({}, "x")));
}

TEST(PytorchFile, WhatIsWrittenReadsBackInTheSameBytesWithAlignedEntries) {
  const ModelFile model = small_model();
  const std::vector<std::string> order{"fc.weight", "fc.bias", "bn.num_batches_tracked"};
  Bytes bytes;
  serialize_torch(views_of(model.tensors), order, {{"architecture", "resnet20"}},
                  [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); });
  const TorchFile file = read(bytes);
  ASSERT_EQ(file.tensors.size(), 3U);
  for (const auto& [name, tensor] : model.tensors) {
    EXPECT_EQ(file.tensors.at(name).shape(), tensor.shape()) << name;
    EXPECT_EQ(std::memcmp(file.tensors.at(name).data(), tensor.data(), tensor.bytes()), 0) << name;
    const auto found = std::search(bytes.begin(), bytes.end(), tensor.data(), tensor.data() + tensor.bytes());
    EXPECT_EQ((found - bytes.begin()) % 64, 0) << name;
  }
}

TEST(PytorchFile, AFileOnDiskReadsBackAndIsReplacedAsAWhole) {
  const TemporaryFolder folder;
  const Tensor tensor = Tensor::of<float>({2}, std::vector<float>{1, 2});
  const std::vector<std::string> order{"a"};
  write_torch(folder / "a.pth", {{"a", &tensor}}, order);
  write_torch(folder / "a.pth", {{"a", &tensor}}, order);
  EXPECT_EQ(floats(read_torch(folder / "a.pth").tensors.at("a")), (std::vector<float>{1, 2}));
  EXPECT_EQ(folder.files(), 1U);
  EXPECT_TRUE(mentions(error_of([&] { read_torch(folder / "none.pth"); }), "No such file"));
}

// Every truncation, and every byte of the first 4 KiB changed by each of `changes`: success, or a file that is said to be bad.
void expect_damage_is_told(const std::string& name, std::span<const int> changes) {
  const Bytes intact = sample(name);
  const auto judge = [&](std::span<const std::byte> bytes, size_t place) {
    try {
      read_torch(memory_source(bytes, "damaged"));
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kBadFile) << name << " at " << place << ": " << error.what();
    }
  };
  for (size_t size = 0; size < intact.size(); ++size) judge(std::span(intact).first(size), size);
  Bytes bytes = intact;
  for (size_t place = 0; place < std::min<size_t>(bytes.size(), 4096); ++place) {
    for (const int change : changes) {
      bytes[place] = intact[place] ^ static_cast<std::byte>(change);
      judge(bytes, place);
    }
    bytes[place] = intact[place];
  }
}

TEST(PytorchFile, EveryTruncationAndSomeChangesOfEveryByteEndWell) {
  for (const char* name : {"torch_zip/types", "torch_old/types"})
    expect_damage_is_told(name, std::vector<int>{1, 0x20, 0x80, 0xFF});
}

TEST(SlowPytorchFile, EveryChangeOfEveryByteEndsWell) {
  std::vector<int> changes;
  for (int change = 1; change < 256; ++change) changes.push_back(change);
  for (const char* name : {"torch_zip/types", "torch_old/types"}) expect_damage_is_told(name, changes);
}

}  // namespace
}  // namespace residual::io
