#include "io/checkpoint.h"

#include "samples.h"

namespace residual::io {
namespace {

Checkpoint small_checkpoint() {
  Checkpoint checkpoint;
  checkpoint.identity = R"({"model":"resnet20","options":{"lr":0.1,"batch_size":128},"data":"cafe"})";
  checkpoint.progress = R"({"epoch":3,"step":1170,"metrics_bytes":512})";
  checkpoint.choices = R"({"conv1":"direct"})";
  checkpoint.state.emplace("fc.weight", Tensor::of<float>({2, 2}, std::vector<float>{1, 2, 3, 4}));
  checkpoint.state.emplace("fc.weight.momentum", Tensor::of<float>({2, 2}, std::vector<float>{5, 6, 7, 8}));
  return checkpoint;
}

TEST(Checkpoint, GivesBackWhatWasSaved) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  const Checkpoint read = load_checkpoint(folder / "c"), expected = small_checkpoint();
  EXPECT_EQ(read.identity, expected.identity);
  EXPECT_EQ(read.progress, expected.progress);
  EXPECT_EQ(read.choices, expected.choices);
  ASSERT_EQ(read.state.size(), 2U);
  EXPECT_EQ(read.state.at("fc.weight.momentum").as<float>()[2], 7);
}

TEST(Checkpoint, TheSameStateGivesTheSameBytes) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "a", small_checkpoint());
  const Checkpoint read = load_checkpoint(folder / "a");
  save_checkpoint(folder / "b", read, views_of(read.state));
  EXPECT_EQ(read_file(folder / "a"), read_file(folder / "b"));
}

TEST(Checkpoint, EveryTruncationAndDamageIsABadFile) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  const Bytes bytes = read_file(folder / "c");
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(error_of([&] { parse_checkpoint(std::span(bytes).first(size), "c"); }).kind(), ErrorKind::kBadFile);
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    Bytes changed = bytes;
    changed[at] ^= std::byte{0x11};
    try {
      const Checkpoint read = parse_checkpoint(changed, "c");
      EXPECT_EQ(read.progress, small_checkpoint().progress);
      EXPECT_EQ(read.state.at("fc.weight").as<float>()[0], 1);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
    }
  }
}

TEST(Checkpoint, AModelIsNoCheckpoint) {
  const TemporaryFolder folder;
  save_model(folder / "m", small_model());
  EXPECT_TRUE(mentions(error_of([&] { load_checkpoint(folder / "m"); }), "is a model, expected a training checkpoint"));
}

TEST(Checkpoint, AFullDiskLeavesThePreviousOne) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", small_checkpoint());
  Checkpoint later = small_checkpoint();
  later.progress = R"({"epoch":4})";
  later.state.emplace("large", Tensor(DType::kF32, {100000}));
  {
    const FullDisk full(2048);
    EXPECT_EQ(error_of([&] { save_checkpoint(folder / "c", later); }).kind(), ErrorKind::kResource);
  }
  EXPECT_EQ(load_checkpoint(folder / "c").progress, small_checkpoint().progress);
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Checkpoint, DifferencesBetweenRunsAreNamedSideBySide) {
  const std::string now = R"({"model":"resnet32","options":{"lr":0.1,"nesterov":true},"data":"cafe"})";
  const auto differences = identity_differences(small_checkpoint().identity, now);
  ASSERT_EQ(differences.size(), 3U);
  EXPECT_EQ(differences[0].key, "model");
  EXPECT_EQ(differences[0].saved, "\"resnet20\"");
  EXPECT_EQ(differences[0].now, "\"resnet32\"");
  EXPECT_EQ(differences[1].key, "options.batch_size");
  EXPECT_EQ(differences[1].now, "");
  EXPECT_EQ(differences[2].key, "options.nesterov");
  EXPECT_EQ(side_by_side(differences),
            "  setting             in the checkpoint  in this run\n"
            "  model               \"resnet20\"         \"resnet32\"\n"
            "  options.batch_size  128                -\n"
            "  options.nesterov    -                  true\n");
}

// Every setting repeats the keys that it lies under.
TEST(Checkpoint, AnIdentityOfEndlessKeysIsRefused) {
  const std::string identity = "{\"" + std::string(200, 'a') + R"(\u001b":{"b":{"c":1}}})";
  const Error error = error_of([&] { identity_differences(identity, "{}"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
  EXPECT_TRUE(mentions(error, "of 201 bytes, at most 128 are expected"));
}

TEST(Checkpoint, AnIdentityThatIsTooLongIsNeitherSavedNorRead) {
  const TemporaryFolder folder;
  Checkpoint checkpoint = small_checkpoint();
  checkpoint.identity = "{\"a\":\"" + std::string(size_t{4} << 20, 'b') + "\"}";
  const Error error = error_of([&] { save_checkpoint(folder / "c", checkpoint); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_TRUE(mentions(error, "has 4194312 bytes, at most 4194304 are expected"));
  EXPECT_EQ(error_of([&] { identity_differences(checkpoint.identity, "{}"); }).kind(), ErrorKind::kBadFile);

  save_checkpoint(folder / "c", small_checkpoint());
  SafetensorsFile file = read_safetensors(folder / "c");
  file.metadata.erase("residual.crc32");
  file.metadata["residual.identity"] = checkpoint.identity;
  write_safetensors(folder / "c", views_of(file.tensors), file.metadata);
  EXPECT_TRUE(mentions(error_of([&] { load_checkpoint(folder / "c"); }), "'residual.identity' has 4194312 bytes"));
}

TEST(Checkpoint, TheOrderAndSpacingOfAnIdentityDoNotMatter) {
  EXPECT_TRUE(identity_differences(R"({"a": 1, "b": [1, 2]})", R"({"b":[1,2],"a":1})").empty());
  EXPECT_EQ(identity_differences(R"({"b":[1,2]})", R"({"b":[1,3]})").size(), 1U);
}

}  // namespace
}  // namespace residual::io
