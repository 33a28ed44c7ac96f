#include "train/run/metrics_file.h"

#include <limits>

#include "core/error.h"
#include "core/system/file.h"
#include "report/folder.h"

namespace residual::train {
namespace {

using report_test::text_of;

nlohmann::ordered_json line(int64_t epoch, double loss) {
  return {{"epoch", epoch}, {"loss", loss}};
}

TEST(MetricsFile, EachLineIsInTheFileAtOnceWithItsKeysInOrder) {
  const report_test::Folder folder;
  MetricsFile file = MetricsFile::open(folder / "metrics.jsonl");
  file.append({{"epoch", 1}, {"b", 2.5}, {"a", "x"}});
  EXPECT_EQ(text_of(folder / "metrics.jsonl"), "{\"epoch\":1,\"b\":2.5,\"a\":\"x\"}\n");
  file.append(line(2, 1));
  EXPECT_EQ(text_of(folder / "metrics.jsonl"), "{\"epoch\":1,\"b\":2.5,\"a\":\"x\"}\n{\"epoch\":2,\"loss\":1.0}\n");
  EXPECT_EQ(file.size(), text_of(folder / "metrics.jsonl").size());
}

TEST(MetricsFile, FloatsReadBackAsTheyWere) {
  const report_test::Folder folder;
  MetricsFile file = MetricsFile::open(folder / "m");
  const std::vector<double> values{0.1,
                                   1.0 / 3,
                                   2.302585092994046,
                                   1e-300,
                                   123456789.123456789,
                                   static_cast<double>(0.1F),
                                   std::numeric_limits<double>::denorm_min(),
                                   std::numeric_limits<double>::max()};
  for (double value : values) file.append({{"v", value}});
  std::istringstream text(text_of(folder / "m"));
  for (double value : values) {
    std::string part;
    ASSERT_TRUE(std::getline(text, part));
    EXPECT_EQ(nlohmann::json::parse(part)["v"].get<double>(), value) << part;
  }
}

TEST(MetricsFile, ValuesThatAreNotFiniteAndTextsThatAreNoUtf8StayValidJson) {
  const report_test::Folder folder;
  MetricsFile file = MetricsFile::open(folder / "m");
  file.append({{"v", std::numeric_limits<double>::quiet_NaN()}, {"label", "caf\xE9"}});
  const nlohmann::json read = nlohmann::json::parse(text_of(folder / "m"));
  EXPECT_TRUE(read["v"].is_null());
  EXPECT_EQ(read["label"], "caf\xEF\xBF\xBD");
}

TEST(MetricsFile, AResumedRunGivesTheBytesOfAnUninterruptedOne) {
  const report_test::Folder folder;
  MetricsFile whole = MetricsFile::open(folder / "whole");
  for (int epoch = 1; epoch <= 4; ++epoch) whole.append(line(epoch, 1.0 / epoch));
  uint64_t checkpoint = 0;
  {
    MetricsFile first = MetricsFile::open(folder / "resumed");
    first.append(line(1, 1));
    first.append(line(2, 0.5));
    first.sync();
    checkpoint = first.size();
    first.append(line(3, 99));
  }
  {
    std::ofstream half(folder / "resumed", std::ios::app);
    half << "{\"epoch\":4,\"lo";
  }
  MetricsFile second = MetricsFile::open(folder / "resumed");
  second.truncate_to(checkpoint);
  second.append(line(3, 1.0 / 3));
  second.append(line(4, 0.25));
  EXPECT_EQ(text_of(folder / "resumed"), text_of(folder / "whole"));
}

TEST(MetricsFile, OpenKeepsWhatIsThere) {
  const report_test::Folder folder;
  MetricsFile::open(folder / "m").append(line(1, 1));
  MetricsFile::open(folder / "m").append(line(2, 2));
  EXPECT_EQ(MetricsFile::open(folder / "m").size(), text_of(folder / "m").size());
  EXPECT_NE(text_of(folder / "m").find("\"epoch\":1"), std::string::npos);
}

TEST(MetricsFile, CuttingBackToWholeLinesKeepsWhatWasNotLost) {
  const report_test::Folder folder;
  const std::string one = "{\"epoch\":1}\n", two = "{\"epoch\":2}\n";
  const auto kept = [&](const std::string& text, uint64_t bytes) {
    std::ofstream(folder / "m", std::ios::binary) << text;
    MetricsFile file = MetricsFile::open(folder / "m");
    file.truncate_to_lines(bytes);
    EXPECT_EQ(file.size(), text_of(folder / "m").size());
    return text_of(folder / "m");
  };
  EXPECT_EQ(kept(one + two, 26), one + two);
  EXPECT_EQ(kept(one + two, 13), one);
  EXPECT_EQ(kept(one + two, 20), one);
  EXPECT_EQ(kept(one + "{\"ep", 26), one);
  EXPECT_EQ(kept(one + std::string(13, '\0'), 26), one);
  EXPECT_EQ(kept("", 26), "");
  EXPECT_EQ(kept("{\"epo", 26), "");
}

TEST(MetricsFile, CuttingBackRefusesAFileThatIsNotTheCheckpoints) {
  const report_test::Folder folder;
  MetricsFile file = MetricsFile::open(folder / "m");
  file.append(line(1, 1));
  const std::string before = text_of(folder / "m");
  for (const uint64_t bytes : {before.size() + 1, before.size() - 1}) {
    try {
      file.truncate_to(bytes);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile);
      EXPECT_NE(std::string(error.what()).find((folder / "m").string()), std::string::npos);
    }
  }
  EXPECT_EQ(text_of(folder / "m"), before);
  file.truncate_to(0);
  EXPECT_EQ(text_of(folder / "m"), "");
}

TEST(MetricsFile, AFullDiskLeavesWholeLinesOnly) {
  const report_test::Folder folder;
  MetricsFile file = MetricsFile::open(folder / "m");
  file.append(line(1, 1));
  const std::string before = text_of(folder / "m");
  {
    const report_test::FullDisk full(before.size() + 5);
    EXPECT_EQ(report_test::kind_of([&] { file.append(line(2, 2)); }), ErrorKind::kResource);
  }
  EXPECT_EQ(text_of(folder / "m"), before);
  file.append(line(2, 2));
  EXPECT_EQ(text_of(folder / "m"), before + "{\"epoch\":2,\"loss\":2.0}\n");
}

TEST(MetricsFile, AFolderThatCannotBeWrittenIsAResourceError) {
  const report_test::Folder folder;
  EXPECT_EQ(report_test::kind_of([&] { MetricsFile::open(folder / "none" / "m"); }), ErrorKind::kResource);
  EXPECT_EQ(report_test::kind_of([&] { MetricsFile::open(folder / "."); }), ErrorKind::kResource);
}

}  // namespace
}  // namespace residual::train
