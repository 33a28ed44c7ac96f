// What a pass over all images finds is remembered from run to run, as long as the images are the same.
#include "data/overview/pass_cache.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/system/cache_folder.h"
#include "data/dataset.h"
#include "data/overview/fingerprint.h"
#include "files.h"

namespace residual::data {
namespace {

// Other tests of this program remember nothing.
class NoCacheFolder : public testing::Environment {
  void SetUp() override { set_cache_folder(fs::path()); }
};
const testing::Environment* const kNoCacheFolder = testing::AddGlobalTestEnvironment(new NoCacheFolder);

class PassCache : public testing::Test {
 protected:
  PassCache() {
    set_cache_folder(cache_.path());
    write(images_ / "a/1.png", read(golden("colour.png")));
    write(images_ / "a/2.png", read(golden("one_pixel.png")));
    write(images_ / "b/1.png", read(golden("grey_8.png")));
  }
  ~PassCache() override { set_cache_folder(fs::path()); }

  DataSource open(OpenOptions options = {}) const {
    options.path = images_.path().string();
    return open_data(options);
  }
  std::string fingerprint(const OpenOptions& options = {}) const { return open(options).train->fingerprint(); }

  // The remembered entry, which the next run takes, whatever it says.
  nlohmann::json kept() const { return nlohmann::json::parse(cache_.read("images.json")); }
  template <typename Change>
  void change_entry(Change change) const {
    nlohmann::json all = kept();
    for (auto& [section, entries] : all.items()) {
      for (auto& [fingerprint, entry] : entries.at("statistics").items()) change(entry);
    }
    cache_.write("images.json", all.dump());
  }

  const TemporaryFolder cache_, images_;
};

TEST_F(PassCache, GivesTheNextRunTheSameFigures) {
  const SplitInfo first = inspect(*open().train, 2);
  const std::string written = cache_.read("images.json");
  const SplitInfo again = inspect(*open().train, 2);
  EXPECT_EQ(cache_.read("images.json"), written);
  for (const SplitInfo* info : {&first, &again}) {
    EXPECT_EQ(info->images, 3);
    EXPECT_EQ(info->per_class, (std::vector<int64_t>{2, 1}));
    EXPECT_EQ(info->channels, 3);
    EXPECT_EQ(info->smallest, (Size2{1, 1}));
    EXPECT_EQ(info->largest, (Size2{29, 37}));
    EXPECT_EQ(info->of_most_common, 1);
  }
  EXPECT_EQ(again.most_common, first.most_common);
  EXPECT_EQ(again.mean, first.mean);
  EXPECT_EQ(again.std, first.std);
  change_entry([](nlohmann::json& entry) { entry["mean"][1] = 0.125; });
  EXPECT_EQ(inspect(*open().train).mean[1], 0.125) << "the images are not read";
}

TEST_F(PassCache, IsOfTheSameImagesOnly) {
  const std::string before = fingerprint();
  EXPECT_EQ(fingerprint(), before);
  OpenOptions grey, other_split;
  grey.channels = 1;
  other_split.val_split = 0.5;
  EXPECT_NE(fingerprint(grey), before);
  EXPECT_NE(fingerprint(other_split), before);
  EXPECT_EQ(fingerprint(other_split), fingerprint(other_split));

  const fs::path changed = images_ / "a/1.png";
  const auto time = fs::last_write_time(changed);
  std::string bytes = read(changed);
  bytes.back() ^= 1;
  write(changed, bytes);
  fs::last_write_time(changed, time);  // as a copy with the time of its source
  const std::string written = fingerprint();
  EXPECT_NE(written, before);
  write(images_ / "b/2.png", read(golden("colour.png")));
  const std::string added = fingerprint();
  EXPECT_NE(added, written);
  fs::rename(images_ / "b/2.png", images_ / "b/3.png");
  EXPECT_NE(fingerprint(), added);
}

TEST_F(PassCache, OfAnArchiveEndsWhenTheArchiveIsReplaced) {
  const fs::path archive = cache_ / "images.tar";
  const auto pack = [&] {
    return std::system(("tar cf '" + archive.string() + "' -C '" + images_.path().string() + "' .").c_str());
  };
  const auto of_archive = [&] {
    OpenOptions options;
    options.path = archive.string();
    return open_data(options).train->fingerprint();
  };
  ASSERT_EQ(pack(), 0);
  const std::string before = of_archive();
  EXPECT_NE(before, "");
  EXPECT_EQ(of_archive(), before);
  ASSERT_EQ(pack(), 0);
  EXPECT_NE(of_archive(), before);
}

TEST_F(PassCache, IgnoresEntriesThatCannotBeTrue) {
  const SplitInfo sound = inspect(*open().train);
  const std::string written = cache_.read("images.json");
  const std::pair<const char*, nlohmann::json> wrong[] = {
      {"mean", {0.5, 0.5}}, {"mean", {2.0, 0.5, 0.5}},          {"std", {-0.1, 0.1, 0.1}}, {"std", "0.1"}, {"smallest", {0, 1}},
      {"largest", {1, 1}},  {"most_common", {500, 500}},        {"of_most_common", 4},     {"images", 2},  {"images", nullptr},
      {"smallest", {1}},    {"mean", nlohmann::json::object()}, {"of_most_common", -1}};
  for (const auto& [key, value] : wrong) {
    cache_.write("images.json", written);
    change_entry([&](nlohmann::json& entry) { entry[key] = value; });
    const SplitInfo info = inspect(*open().train);
    EXPECT_EQ(info.mean, sound.mean) << key << " " << value;
    EXPECT_EQ(info.largest, sound.largest) << key << " " << value;
  }
  change_entry([&](nlohmann::json& entry) { entry = 7; });
  EXPECT_EQ(inspect(*open().train).std, sound.std);
}

TEST_F(PassCache, WritesNothingWithoutACacheFolderOrAFingerprint) {
  set_cache_folder(fs::path());
  inspect(*open().train);
  EXPECT_FALSE(cache_.has("images.json"));
  set_cache_folder(cache_.path());
  OpenOptions shapes;
  shapes.path = "shapes";
  shapes.train_size = 20;
  inspect(*open_data(shapes).train);
  EXPECT_FALSE(cache_.has("images.json"));
}

TEST_F(PassCache, RemembersBrokenImagesThatAreOmitted) {
  write(images_ / "a/half.png", read(golden("colour.png")).substr(0, 200));
  write(images_ / "b/empty.jpg", "");
  OpenOptions options;
  options.skip_broken = true;
  const DataSource first = open(options);
  ASSERT_EQ(first.broken.size(), 2U);
  EXPECT_EQ(kept().begin()->at("broken").size(), 1U);
  const DataSource again = open(options);
  ASSERT_EQ(again.broken.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again.broken[i].name, first.broken[i].name);
    EXPECT_EQ(again.broken[i].why, first.broken[i].why);
  }
  EXPECT_EQ(again.train->size(), 3);
  write(images_ / "b/empty.jpg", read(golden("jpeg_420.jpg")));
  EXPECT_EQ(open(options).broken.size(), 1U);
}

TEST(Fingerprint, DiffersWhereAPartDiffersHoweverManyThereAre) {
  const auto of = [](int parts, int changed) {
    Fingerprint fingerprint;
    for (int i = 0; i < parts; ++i) fingerprint.add(i == changed ? "changed" : std::string(100, 'x'));
    return fingerprint.text();
  };
  for (const int changed : {0, 1, 14'999, 29'999}) EXPECT_NE(of(30'000, -1), of(30'000, changed)) << changed;
  EXPECT_EQ(of(30'000, 5), of(30'000, 5));
  EXPECT_LT(of(30'000, -1).size(), 40U);
}

}  // namespace
}  // namespace residual::data
