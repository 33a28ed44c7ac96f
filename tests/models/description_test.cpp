// Networks described in files: what is read, what is refused, and that the built-in ones can be written so.
#include "models/description/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/system/file.h"
#include "models/families.h"
#include "models/table.h"

namespace residual::models {
namespace {

using testing::HasSubstr;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
    return error.what();
  }
  return "nothing was refused";
}

std::string refusal(const std::string& json) {
  return message_of([&] { description_from_json(json, "here"); });
}

TEST(Description, OfEveryBuiltInNetworkReadsBackFromItsJson) {
  for (const std::string& name : residual_names()) {
    const Description network = *residual_description(name);
    EXPECT_TRUE(description_from_json(to_json(network), name) == network) << to_json(network);
  }
}

TEST(Description, OfTwoLinesIsANetwork) {
  const Description network =
      description_from_json(R"({"stages": [{"blocks": 2, "width": 64}, {"blocks": 2, "width": 128, "stride": 2}]})", "here");
  Architecture architecture;
  architecture.description = network;
  architecture.input = {3, 64, 64};
  const Graph graph = inference_graph(architecture, 2);
  EXPECT_TRUE(graph.variables().contains("layer2.0.downsample.0.weight"));
}

TEST(Description, OfVersion010ReadsItsOldKeysAndWritesTodays) {
  const Description old = description_from_json(
      R"({"stages":[{"blocks":1}],"shortcut":{"kind":"A","shrink":"average"},"block":{"zero_last_scale":true}})", "here");
  const Description today = description_from_json(
      R"({"stages":[{"blocks":1}],"shortcut":{"kind":"A","pool":"average"},"block":{"zero_last_gamma":true}})", "here");
  EXPECT_EQ(old.shortcut.pool, ShortcutPool::kAverage);
  EXPECT_TRUE(old.block.zero_last_gamma);
  EXPECT_TRUE(old == today);
  EXPECT_EQ(to_json(old), to_json(today));
  EXPECT_THAT(refusal(R"({"stages":[{"blocks":1}],"shortcut":{"pool":"max","shrink":"max"}})"),
              HasSubstr("'shrink' is not known here"));
}

TEST(Description, InTomlIsTheSameAsInJson) {
  const Description json = description_from_json(
      R"({"name":"mine","block":{"kind":"bottleneck","groups":2},"stages":[{"blocks":1,"width":32}],"head":{"hidden":[64],"dropout":0.5},
          "names":{"head":["a","b"]}})",
      "json");
  const Description toml = description_from_toml(R"(
name = "mine"
stages = [{ blocks = 1, width = 32 }]
[block]
kind = "bottleneck"
groups = 2
[head]
hidden = [64]
dropout = 0.5
[names]
head = ["a", "b"]
)",
                                                 "toml");
  EXPECT_TRUE(json == toml) << to_json(toml);
}

TEST(Description, ThatIsWrongIsRefusedWithThePlace) {
  const std::string stages = R"("stages": [{"blocks": 1, "width": 8}])";
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 1, "widht": 8}]})"),
              HasSubstr("'widht' is not known here; known are blocks, width, stride"));
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 0, "width": 8}]})"), HasSubstr("blocks is 0"));
  EXPECT_THAT(refusal(R"({"stages": []})"), HasSubstr("stages is 0"));
  EXPECT_THAT(refusal("{}"), HasSubstr("stages is 0"));
  EXPECT_THAT(refusal("[]"), HasSubstr("here: expected named values"));
  EXPECT_THAT(refusal("{"), HasSubstr("here"));
  EXPECT_THAT(refusal("{" + stages + R"(, "block": {"kind": "dense"}})"),
              HasSubstr("block: kind: no kind of block is called 'dense'"));
  EXPECT_THAT(refusal("{" + stages + R"(, "block": {"groups": 2}})"), HasSubstr("bottleneck"));
  EXPECT_THAT(refusal("{" + stages + R"(, "stem": {"convolutions": [{"kernel": 4}]}})"), HasSubstr("odd"));
  EXPECT_THAT(refusal("{" + stages + R"(, "names": {"block": "layer"}})"), HasSubstr("{stage}"));
  EXPECT_THAT(refusal("{" + stages + R"(, "names": {"head": ["a..b"]}})"), HasSubstr("a..b"));
  EXPECT_THAT(refusal("{" + stages + R"(, "classes": 1e30})"), HasSubstr("classes: expected a whole number"));
  EXPECT_THAT(refusal("{" + stages + R"(, "input": [3, 0, 1]})"), HasSubstr("input"));
  EXPECT_THAT(refusal("{" + stages + R"(, "head": {"dropout": 1}})"), HasSubstr("dropout"));
  EXPECT_THAT(message_of([] { description_from_toml("stages = [", "there"); }), HasSubstr("there: not valid TOML in line 1"));
  EXPECT_THAT(message_of([] { description_from_toml("[[[[[[", "there"); }), HasSubstr("there: not valid TOML"));
}

TEST(Description, CutOffAnywhereOrWithAnyByteChangedIsReadOrRefused) {
  using Read = Description (*)(std::string_view, std::string_view);
  const std::pair<Read, std::string> texts[] = {
      {description_from_json,
       R"({"name": "wide", "stages": [{"blocks": 1, "width": 16, "stride": 2}], "head": {"dropout": 0.5}})"},
      {description_from_toml, "name = \"wide\"\nstages = [{ blocks = 1, width = 16 }]\n[head]\ndropout = 0.5 # half\n"}};
  for (const auto& [read, text] : texts) {
    const auto reads = [&, read = read](std::string_view part) {
      try {
        read(part, "there");
        return true;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
        return false;
      }
    };
    ASSERT_TRUE(reads(text));
    int refused = 0;
    for (size_t size = 0; size < text.size(); ++size) refused += !reads(std::string_view(text).substr(0, size));
    std::string changed = text;
    for (size_t place = 0; place < text.size(); ++place) {
      for (int change = 1; change < 256; ++change) {
        changed[place] = static_cast<char>(text[place] ^ change);
        refused += !reads(changed);
      }
      changed[place] = text[place];
    }
    EXPECT_GT(refused, 0);
  }
}

TEST(Description, OfTablesWithinTablesWithoutEndIsRefused) {
  std::string deep = "a";
  for (int dot = 0; dot < 300'000; ++dot) deep += ".a";
  EXPECT_THAT(message_of([&] { description_from_toml(deep + " = 1", "there"); }), HasSubstr("dots"));
  EXPECT_THAT(message_of([&] { description_from_toml("[" + deep + "]", "there"); }), HasSubstr("dots"));
  const std::string nested = "a = " + std::string(1000, '[') + std::string(1000, ']');
  EXPECT_THAT(message_of([&] { description_from_toml(nested, "there"); }), HasSubstr("there: not valid TOML"));
}

TEST(Description, OfMoreThanAMachineCanHoldIsRefused) {
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 5000, "width": 65536}]})"), HasSubstr("too wide"));
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 1, "width": 8}], "names": {"stem": ["a", "b"], "stem_norms": ["c", "d"]},
                          "stem": {"convolutions": [{"channels": 65536, "kernel": 15}, {"channels": 65536, "kernel": 15}]}})"),
              HasSubstr("too wide"));
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 5001, "width": 1}]})"), HasSubstr("5001"));
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 1, "width": 99999999999999999999}]})"),
              HasSubstr("width: expected a whole number"));
}

TEST(Description, OfABottleneckWithoutChannelsIsRefused) {
  EXPECT_THAT(refusal(R"({"stages": [{"blocks": 1, "width": 8}],
                          "block": {"kind": "bottleneck", "groups": 32, "width_per_group": 4}})"),
              HasSubstr("no channels"));
}

TEST(Description, ThatGivesTwoLayersOneNameIsRefused) {
  Architecture architecture;
  architecture.description = *residual_description("resnet20");
  architecture.description->names.convolutions = {"conv", "conv", "conv"};
  EXPECT_THROW(inference_graph(architecture, 1), Error);
}

TEST(Description, OfAFileWithoutANameTakesTheFiles) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "narrow.toml";
  replace_file(file, "stages = [{ blocks = 1, width = 8 }]\n");
  EXPECT_EQ(read_description(file).name, "narrow");
  EXPECT_THAT(message_of([&] { read_description(file.string() + "l"); }), HasSubstr("toml"));
  std::filesystem::remove(file);
}

TEST(Description, InAModelFilesArchitectureReadsBack) {
  Architecture architecture;
  architecture.model = "mine";
  architecture.description = *residual_description("wrn-16-8");
  architecture.norm = Norm::kNone;
  architecture.small_stem = true;
  const Architecture again = Architecture::from_json(architecture.to_json());
  EXPECT_EQ(again.to_json(), architecture.to_json());
  EXPECT_TRUE(again.description == architecture.description);
}

}  // namespace
}  // namespace residual::models
