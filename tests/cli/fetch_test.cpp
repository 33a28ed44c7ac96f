// residual fetch, and --data by the name of a published data set.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>

#include "program.h"
#include "support/http_server.h"
#include "support/published_mnist.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

std::string from(const std::string& mirror) {
  return "export RESIDUAL_FETCH_MIRROR=" + mirror + ";";
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
  }
  return files;
}

TEST(Fetch, ListShowsEveryNameAndWhatIsCached) {
  const Workspace workspace;
  EXPECT_THAT(workspace.run("fetch --list").out,
              testing::AllOf(HasSubstr("resnet50"), HasSubstr("fashion-mnist"), HasSubstr("97.8 MiB")));
  workspace.write(".cache/data/signs/train_signs/0_IMG_1.jpg", "an image");
  int cached = 0;
  const nlohmann::json list = program::json_of(workspace.run("fetch --list --json").out);
  for (const auto& entry : list) {
    if (entry["cached"] == true) ++cached;
    EXPECT_EQ(entry["cached"], entry["name"] == "signs");
    if (entry["name"] == "resnet50-v2") {
      EXPECT_EQ(entry["preprocess"], "imagenet-v2");
      EXPECT_EQ(entry["files"][0]["url"], "https://download.pytorch.org/models/resnet50-11ad3fa6.pth");
      EXPECT_EQ(entry["files"][0]["sha256"], "11ad3fa6");
      EXPECT_EQ(entry["path"], (workspace / ".cache/weights/resnet50-11ad3fa6.pth").string());
    }
  }
  EXPECT_EQ(cached, 1);
}

TEST(Fetch, NamesAreAskedForAndCheckedBeforeAnythingIsFetched) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Workspace workspace;
  EXPECT_EQ(workspace.run("fetch").code, 2);
  EXPECT_EQ(workspace.run("fetch --list mnist").code, 2);
  const Outcome outcome = workspace.run("fetch mnist resnet5o", from(server.address()));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("the nearest name is 'resnet50'"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetch, AFolderWhoseNameIsNoUtf8IsShownAsJsonAllTheSame) {
  const Outcome outcome = Workspace().run("fetch --list --json", "export RESIDUAL_CACHE_DIR=\"$PWD\"/$'\\xff';");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(program::json_of(outcome.out)[0]["path"].get<std::string>(), HasSubstr("\xEF\xBF\xBD/weights"));
}

TEST(Fetch, WithoutANetworkItEndsAtOnceAndSaysWhatToDoByHand) {
  const Workspace workspace;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = workspace.run("fetch vgg16_bn", from(http::closed_address()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("is there a network?"));
  EXPECT_THAT(outcome.err, HasSubstr("https://download.pytorch.org/models/vgg16_bn-6c64b313.pth"));
  EXPECT_THAT(outcome.err, HasSubstr((workspace / ".cache/weights").string()));
  EXPECT_TRUE(files_below(workspace / ".cache").empty());
}

TEST(Fetch, AMissingFileAndWrongBytesAreBadFilesAndLeaveNothing) {
  const Workspace workspace;
  const http::Server missing([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Outcome none = workspace.run("fetch densenet121", from(missing.address()));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("404"));
  ASSERT_EQ(missing.requests().size(), 1U);
  EXPECT_EQ(missing.requests()[0].path, "/weights/densenet121-a639ec97.pth");

  const http::Server wrong([](const http::Request&) { return http::Reply{.body = std::string(9'912'422, 'x')}; });
  const Outcome other = workspace.run("fetch mnist", from(wrong.address()));
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("SHA-256"));
  EXPECT_TRUE(files_below(workspace / ".cache").empty());
}

TEST(Fetch, OneThatFailsIsNamedAndDoesNotKeepTheOthersBack) {
  const Workspace workspace;
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  workspace.write(".cache/data/signs/train_signs/0_IMG_1.jpg", "an image");
  const Outcome outcome = workspace.run("fetch densenet121 signs vgg16_bn --json", from(server.address()));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, testing::AllOf(HasSubstr("residual: densenet121: "), HasSubstr("residual: vgg16_bn: ")));
  const nlohmann::json list = program::json_of(outcome.out);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[1]["path"], (workspace / ".cache/data/signs").string());
  EXPECT_TRUE(list[2].contains("error"));
}

TEST(Fetch, APublishedNameInPlaceOfAFileIsFetched) {
  const Workspace workspace;
  for (const char* command : {"eval resnet50 --data shapes", "predict resnet50 x.png", "convert resnet50 out.onnx",
                              "verify resnet50 resnet50", "train --data shapes --pretrained resnet50"}) {
    const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
    const Outcome outcome = workspace.run(command, from(server.address()));
    EXPECT_EQ(outcome.code, 3) << command;
    EXPECT_THAT(server.requests(), testing::ElementsAre(testing::Field(&http::Request::path, "/weights/resnet50-0676ba61.pth")))
        << command;
  }
}

TEST(Fetch, AFileOfAPublishedNameGoesFirst) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Workspace workspace;
  fs::copy_file(program::tiny_model(), workspace / "resnet50");
  EXPECT_EQ(workspace.run("eval resnet50 --data shapes --test-size 40", from(server.address())).code, 0);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetch, AFullDiskIsSaidAndWhatCameIsKept) {
  const http::Server server([](const http::Request&) { return http::Reply{.body = std::string(9'912'422, 'x')}; });
  const Workspace workspace;
  const Outcome outcome = workspace.run("fetch mnist", from(server.address()) + "ulimit -f 1024;");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("space on the disk"));
  EXPECT_EQ(fs::file_size(workspace / ".cache/data/mnist/train-images-idx3-ubyte.gz.part"), 1024U * 1024U);
}

TEST(Fetch, AnInterruptLeavesAPartThatTheNextCallGoesOnFrom) {
  const Workspace workspace;
  const fs::path part = workspace / ".cache/data/mnist/train-images-idx3-ubyte.gz.part";
  {
    const http::Server server([](const http::Request&) {
      return http::Reply{.body = std::string(1'000'000, 'x'), .length = 9'912'422, .silence = 60};
    });
    ::setenv("RESIDUAL_FETCH_MIRROR", server.address().c_str(), 1);
    const pid_t process = workspace.start("fetch mnist");
    ::unsetenv("RESIDUAL_FETCH_MIRROR");
    EXPECT_TRUE(program::wait_until([&] { return fs::exists(part) && fs::file_size(part) == 1'000'000; }));
    ::kill(process, SIGINT);
    EXPECT_EQ(program::wait_for(process), 130);
    EXPECT_THAT(workspace.read("err"), HasSubstr("goes on from there"));
  }
  EXPECT_EQ(fs::file_size(part), 1'000'000U);
  const http::Server server([](const http::Request&) { return http::Reply{.status = "503 Busy"}; });
  EXPECT_EQ(workspace.run("fetch mnist", from(server.address())).code, 1);
  EXPECT_EQ(server.requests().at(0).from, 1'000'000);
}

TEST(Fetch, SignsIsDescribed) {
  const Outcome outcome = Workspace().run("fetch signs");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("https://drive.google.com/"));
}

TEST(Fetch, DataByNameAreFetchedUnlessThereIsAFolderOfThatName) {
  const Workspace workspace;
  const Outcome outcome = workspace.run("data info fashion-mnist", from(http::closed_address()));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("https://fashion-mnist.s3.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz"));
  fs::create_directories(workspace / "fashion-mnist");
  EXPECT_THAT(workspace.run("data info fashion-mnist", from(http::closed_address())).err,
              HasSubstr("contains no data set in a known format"));
}

TEST(Fetch, WhatCanBeRefusedWithoutTheDataIsRefusedBeforeTheyAreFetched) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Workspace workspace;
  EXPECT_EQ(workspace.run("data info cifar10 --train-size 5", from(server.address())).code, 2);
  EXPECT_EQ(workspace.run("data info cifar10 --val-split 2", from(server.address())).code, 2);
  EXPECT_EQ(workspace.run("data info cifar10 --labels nowhere.txt", from(server.address())).code, 3);
  EXPECT_EQ(workspace.run("data sample cifar10 --split testing --out images", from(server.address())).code, 2);
  EXPECT_EQ(
      workspace.run("eval " + program::tiny_model().string() + " --data cifar10 --split testing", from(server.address())).code,
      2);
  EXPECT_EQ(workspace.run("train --data cifar10 --pretrained nowhere.pth --out run", from(server.address())).code, 3);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetch, ASignalAfterTheFetchEndsTheCommandAtOnce) {
  const Workspace workspace;
  if (!publish_mnist(workspace / "mirror/data/mnist")) GTEST_SKIP() << "MNIST is not there";
  const http::Server server(
      [&](const http::Request& request) { return http::file(workspace.read("mirror" + request.path), request); });
  ::setenv("RESIDUAL_FETCH_MIRROR", server.address().c_str(), 1);
  const pid_t process = workspace.start("data sample mnist --split train --count 60000 --out images");
  ::unsetenv("RESIDUAL_FETCH_MIRROR");
  EXPECT_TRUE(program::wait_until([&] { return fs::exists(workspace / "images"); }));
  ::kill(process, SIGTERM);
  EXPECT_EQ(program::wait_for(process), 128 + SIGTERM);
}

TEST(Fetch, MnistComesIsCheckedAndIsUsedByItsName) {
  const Workspace workspace;
  if (!publish_mnist(workspace / "mirror/data/mnist")) GTEST_SKIP() << "MNIST is not there";
  const http::Server server(
      [&](const http::Request& request) { return http::file(workspace.read("mirror" + request.path), request); });
  const Outcome fetched = workspace.run("fetch mnist --quiet", from(server.address()));
  EXPECT_EQ(fetched.code, 0) << fetched.err;
  EXPECT_EQ(fetched.out, (workspace / ".cache/data/mnist").string() + "\n");
  EXPECT_EQ(fetched.err, "");
  EXPECT_EQ(server.requests().size(), 4U);

  const Outcome info = workspace.run("data info mnist", from(http::closed_address()));
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_THAT(info.out, testing::AllOf(HasSubstr("60000"), HasSubstr("10000")));
}

}  // namespace
