// Folders as they are found: files that are no images, and images that cannot be read.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::AllOf;
using testing::HasSubstr;

// Two classes of four images each.
void write_images(const Workspace& workspace) {
  ASSERT_EQ(workspace.run("data sample shapes --out data/train/a --count 4").code, 0);
  ASSERT_EQ(workspace.run("data sample shapes --out data/train/b --count 4").code, 0);
}

TEST(DataCommand, CountsTheFilesThatAreNoImages) {
  const Workspace workspace;
  write_images(workspace);
  workspace.write("data/train/a/Thumbs.db", "thumbnails");
  workspace.write("data/train/b/1.xml", "<annotation>");
  workspace.write("data/train/b/deeper/2.xml", "<annotation>");
  const Outcome text = workspace.run("data info data");
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("3 files that are no images are left out (.db 1, .xml 2)"));
  const Outcome json = workspace.run("data info data --json");
  const auto parsed = nlohmann::json::parse(json.out);
  EXPECT_EQ(parsed["train"]["images"], 8);
  EXPECT_EQ(parsed["left_out"], nlohmann::json::parse(R"({"files":3,"endings":{".db":1,".xml":2},"hidden":0})"));
}

TEST(DataCommand, AndTrainNameAllImagesThatCannotBeReadBeforeTraining) {
  const Workspace workspace;
  write_images(workspace);
  // Their headers are sound: only decoding shows that they are cut off.
  const std::string start("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x20\0\0\0\x20\x08\x02", 26);
  workspace.write("data/train/a/cut.png", start);
  workspace.write("data/train/b/cut_too.png", start);
  for (const char* command : {"data info data", "train --data data --model linear --epochs 1 --batch-size 4 --out run"}) {
    const Outcome refused = workspace.run(command);
    EXPECT_EQ(refused.code, 3) << command;
    EXPECT_THAT(refused.err,
                AllOf(HasSubstr("2 of 10 images"), HasSubstr("cut.png"), HasSubstr("cut_too.png"), HasSubstr("--skip-broken")));
  }
  EXPECT_FALSE(std::filesystem::exists(workspace / "run/model.safetensors"));
  const Outcome skipped = workspace.run("data info data --skip-broken --json");
  EXPECT_EQ(skipped.code, 0) << skipped.err;
  const auto parsed = nlohmann::json::parse(skipped.out);
  EXPECT_EQ(parsed["train"]["images"], 8);
  ASSERT_EQ(parsed["omitted"].size(), 2U);
  EXPECT_THAT(parsed["omitted"][1]["why"].get<std::string>(), HasSubstr("cut off"));
}

TEST(DataCommand, TrainsOnWhatIsLeftOfBrokenData) {
  const Workspace workspace;
  write_images(workspace);
  workspace.write("data/train/b/page.jpg", "<!DOCTYPE html>");
  const Outcome outcome = workspace.run("train --data data --model linear --epochs 1 --batch-size 4 --skip-broken --out run");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("1 image that cannot be read is omitted"));
}

}  // namespace
