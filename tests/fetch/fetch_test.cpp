// The table of what is published, and entries brought to the cache folder.
#include "fetch/fetch.h"

#include <gmock/gmock.h>

#include <chrono>
#include <regex>
#include <set>

#include "core/system/cache_folder.h"
#include "site.h"
#include "support/published_mnist.h"

namespace residual::fetch {
namespace {

using testing::HasSubstr;

TEST(Catalogue, EveryNameIsThereOnceAndEveryEntrySaysWhatItIs) {
  std::set<std::string> names;
  for (const Entry& entry : catalogue()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_NE(entry.summary, "") << entry.name;
    EXPECT_NE(entry.files.empty(), entry.by_hand.empty()) << entry.name;
    EXPECT_EQ(entry.kind == Kind::kWeights, !entry.preset.empty()) << entry.name;
  }
  for (const char* name : {"resnet18", "resnet152-v2", "resnext101_64x4d", "wide_resnet101_2", "densenet161", "vgg19_bn",
                           "cifar10", "cifar100", "mnist", "fashion-mnist", "signs"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Catalogue, PublishersAreAskedByHttpsAndEveryFileHasASizeAndAHash) {
  const std::regex digits("[0-9a-f]+");
  for (const Entry& entry : catalogue()) {
    for (const PublishedFile& file : entry.files) {
      EXPECT_TRUE(file.url.starts_with("https://")) << file.url;
      EXPECT_TRUE(file.url.ends_with("/" + file.name)) << file.url;
      EXPECT_GT(file.least_bytes, 0) << file.url;
      EXPECT_LE(file.most_bytes - file.least_bytes, 2500) << file.url;
      EXPECT_TRUE(std::regex_match(file.sha256, digits)) << file.url;
      EXPECT_EQ(file.sha256.size(), entry.kind == Kind::kWeights ? 8U : 64U) << file.url;
    }
  }
}

TEST(Catalogue, TheNameOfAWeightFileCarriesItsHash) {
  for (const Entry& entry : catalogue()) {
    if (entry.kind != Kind::kWeights) continue;
    ASSERT_EQ(entry.files.size(), 1U) << entry.name;
    EXPECT_TRUE(entry.files[0].name.ends_with("-" + entry.files[0].sha256 + ".pth")) << entry.files[0].name;
    EXPECT_TRUE(entry.files[0].name.starts_with(entry.name.substr(0, entry.name.find("-v2")) + "-")) << entry.files[0].name;
  }
}

TEST(Catalogue, RoundedSizesHoldTheTrueOne) {
  // 46,830,571 and 102,530,333 bytes are what the publishers' server says of these two.
  for (const auto& [name, bytes] : {std::pair{"resnet18", 46'830'571}, {"resnet50", 102'530'333}}) {
    const PublishedFile& file = entry_named(name).files.at(0);
    EXPECT_LE(file.least_bytes, bytes) << name;
    EXPECT_GE(file.most_bytes, bytes) << name;
  }
}

TEST(Catalogue, AnUnknownNameIsAnsweredWithTheNearest) {
  std::string message;
  EXPECT_EQ(kind_of_error([] { entry_named("resnet-50"); }, &message), ErrorKind::kUsage);
  EXPECT_THAT(message, HasSubstr("'resnet50'"));
  EXPECT_EQ(kind_of_error([] { entry_named("fashionmnist"); }, &message), ErrorKind::kUsage);
  EXPECT_THAT(message, HasSubstr("'fashion-mnist'"));
  EXPECT_EQ(kind_of_error([] { entry_named(std::string(1'000'000, 'a')); }), ErrorKind::kUsage);
}

TEST(CacheFolder, FollowsTheThreeVariablesInTurn) {
  const auto set = [](const char* own, const char* users, const char* home) {
    ::setenv("RESIDUAL_CACHE_DIR", own, 1);
    ::setenv("XDG_CACHE_HOME", users, 1);
    ::setenv("HOME", home, 1);
    return cache_folder().string();
  };
  const std::string before = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  EXPECT_EQ(set("/a", "/b", "/c"), "/a");
  EXPECT_EQ(set("", "/b", "/c"), "/b/residual");
  EXPECT_EQ(set("", "", "/c"), "/c/.cache/residual");
  EXPECT_EQ(set("", "", ""), "");
  ::setenv("HOME", before.c_str(), 1);
}

// An entry of two files, "first" and "second", which a mirror has under data/pair/.
class Pair : public testing::Test {
 protected:
  Pair() {
    entry_.name = "pair";
    entry_.summary = "two files";
    for (const char* name : {"first", "second"})
      entry_.files.push_back(published(text_of(name), std::string("https://publisher.example.org/") + name));
  }
  static std::string text_of(const std::string& name) { return "the content of the " + name; }
  static http::Reply answer(const http::Request& request) {
    const std::string shelf = "/data/pair/";
    if (!request.path.starts_with(shelf)) return {.status = "404 Not Found"};
    return http::file(text_of(request.path.substr(shelf.size())), request);
  }
  Options options(const std::string& mirror) const {
    return {.folder = folder_.path(), .mirror = mirror, .observer = {}, .timeouts = {}};
  }

  Entry entry_;
  Folder folder_;
};

TEST_F(Pair, ComesFromAMirrorIntoAFolderOfItsName) {
  const http::Server server(answer);
  EXPECT_FALSE(is_there(entry_, folder_.path()));
  EXPECT_EQ(obtain(entry_, options(server.address())), folder_.path() / "data" / "pair");
  EXPECT_TRUE(is_there(entry_, folder_.path()));
  for (const char* name : {"first", "second"}) EXPECT_EQ(folder_.read(std::string("data/pair/") + name), text_of(name));
}

TEST_F(Pair, WhatIsThereAndSoundNeedsNoNetwork) {
  for (const char* name : {"first", "second"}) folder_.write(std::string("data/pair/") + name, text_of(name));
  EXPECT_EQ(obtain(entry_, options(http::closed_address())), folder_.path() / "data" / "pair");
}

TEST_F(Pair, OnlyWhatIsMissingOrDamagedIsFetched) {
  folder_.write("data/pair/first", text_of("first"));
  folder_.write("data/pair/second", text_of("secomd"));
  const http::Server server(answer);
  obtain(entry_, options(server.address() + "/"));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].path, "/data/pair/second");
  EXPECT_EQ(folder_.read("data/pair/second"), text_of("second"));
}

TEST_F(Pair, WithoutANetworkItSaysWhatToDownloadAndWhereToPutIt) {
  folder_.write("data/pair/first", text_of("first"));
  std::string message;
  EXPECT_EQ(kind_of_error([&] { obtain(entry_, options(http::closed_address())); }, &message), ErrorKind::kOther);
  EXPECT_THAT(message, HasSubstr("is there a network?"));
  EXPECT_THAT(message, HasSubstr("https://publisher.example.org/second"));
  EXPECT_THAT(message, testing::Not(HasSubstr("https://publisher.example.org/first")));
  EXPECT_THAT(message, HasSubstr((folder_.path() / "data" / "pair").string()));
}

TEST_F(Pair, AMirrorIsAnAddressOfHttpOrHttps) {
  for (const char* mirror : {"file:///etc", "ftp://127.0.0.1", "nonsense"})
    EXPECT_EQ(kind_of_error([&] { obtain(entry_, options(mirror)); }), ErrorKind::kUsage) << mirror;
  EXPECT_EQ(folder_.files(), 0U);
}

TEST_F(Pair, NamesThatLeadOutOfTheFolderAreRefused) {
  const http::Server server([](const http::Request& request) { return http::file(text_of("first"), request); });
  for (const char* name : {"../first", "..", "a/b", "", ".hidden", "a b", "a\nb"}) {
    Entry file = entry_, folder = entry_;
    file.files[0].name = name;
    folder.name = name;
    EXPECT_EQ(kind_of_error([&] { obtain(file, options(server.address())); }), ErrorKind::kUsage) << name;
    EXPECT_EQ(kind_of_error([&] { obtain(folder, options(server.address())); }), ErrorKind::kUsage) << name;
  }
  EXPECT_EQ(folder_.files(), 0U);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Pair, AFolderThatCannotBeMadeIsAMatterOfResources) {
  folder_.write("data", "a file where a folder should be");
  EXPECT_EQ(kind_of_error([&] { obtain(entry_, options(http::closed_address())); }), ErrorKind::kResource);
}

TEST(Obtain, WeightsAreOneFileAndTheirPathIsGiven) {
  const Folder folder;
  EXPECT_EQ(place_of(entry_named("resnet50"), folder.path()), folder.path() / "weights" / "resnet50-0676ba61.pth");
  EXPECT_EQ(place_of(entry_named("cifar10"), folder.path()), folder.path() / "data" / "cifar10" / "cifar-10-binary.tar.gz");
}

TEST(Obtain, WhatIsGotByHandIsDescribedUntilItIsThere) {
  const Folder folder;
  const Options options{.folder = folder.path(), .mirror = http::closed_address(), .observer = {}, .timeouts = {}};
  std::string message;
  EXPECT_EQ(kind_of_error([&] { obtain(entry_named("signs"), options); }, &message), ErrorKind::kBadFile);
  EXPECT_THAT(message, HasSubstr("https://drive.google.com/"));
  EXPECT_THAT(message, HasSubstr((folder.path() / "data" / "signs").string()));
  folder.write("data/signs/train_signs/0_IMG_1.jpg", "an image");
  EXPECT_EQ(obtain(entry_named("signs"), options), folder.path() / "data" / "signs");
}

TEST(Obtain, MnistAsPublishedAgreesWithTheTable) {
  const Folder mirror, cache;
  if (!publish_mnist(mirror.path() / "data" / "mnist")) GTEST_SKIP() << "MNIST is not there";
  const http::Server server(
      [&](const http::Request& request) { return http::file(mirror.read(request.path.substr(1)), request); });
  const Options options{.folder = cache.path(), .mirror = server.address(), .observer = {}, .timeouts = {}};
  EXPECT_EQ(obtain(entry_named("mnist"), options), cache.path() / "data" / "mnist");
  EXPECT_EQ(server.requests().size(), 4U);
}

}  // namespace
}  // namespace residual::fetch
