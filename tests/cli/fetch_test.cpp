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
using program::Room;
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

TEST(Fetch, list_shows_every_name_and_what_is_cached) {
  const Room room;
  EXPECT_THAT(room.run("fetch --list").out,
              testing::AllOf(HasSubstr("resnet50"), HasSubstr("fashion-mnist"), HasSubstr("97.8 MiB")));
  room.write(".cache/data/signs/train_signs/0_IMG_1.jpg", "a picture");
  int cached = 0;
  const nlohmann::json list = program::json_of(room.run("fetch --list --json").out);
  for (const auto& entry : list) {
    if (entry["cached"] == true) ++cached;
    EXPECT_EQ(entry["cached"], entry["name"] == "signs");
    if (entry["name"] == "resnet50-v2") {
      EXPECT_EQ(entry["preprocess"], "imagenet-v2");
      EXPECT_EQ(entry["files"][0]["url"], "https://download.pytorch.org/models/resnet50-11ad3fa6.pth");
      EXPECT_EQ(entry["files"][0]["sha256"], "11ad3fa6");
      EXPECT_EQ(entry["path"], (room / ".cache/weights/resnet50-11ad3fa6.pth").string());
    }
  }
  EXPECT_EQ(cached, 1);
}

TEST(Fetch, names_are_asked_for_and_checked_before_anything_is_fetched) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Room room;
  EXPECT_EQ(room.run("fetch").code, 2);
  EXPECT_EQ(room.run("fetch --list mnist").code, 2);
  const Outcome outcome = room.run("fetch mnist resnet5o", from(server.address()));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("the nearest name is 'resnet50'"));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetch, a_folder_whose_name_is_no_utf8_is_shown_as_json_all_the_same) {
  const Outcome outcome = Room().run("fetch --list --json", "export RESIDUAL_CACHE_DIR=\"$PWD\"/$'\\xff';");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(program::json_of(outcome.out)[0]["path"].get<std::string>(), HasSubstr("\xEF\xBF\xBD/weights"));
}

TEST(Fetch, without_a_network_it_ends_at_once_and_says_what_to_do_by_hand) {
  const Room room;
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = room.run("fetch vgg16_bn", from(http::closed_address()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("is there a network?"));
  EXPECT_THAT(outcome.err, HasSubstr("https://download.pytorch.org/models/vgg16_bn-6c64b313.pth"));
  EXPECT_THAT(outcome.err, HasSubstr((room / ".cache/weights").string()));
  EXPECT_TRUE(files_below(room / ".cache").empty());
}

TEST(Fetch, a_missing_file_and_wrong_bytes_are_bad_files_and_leave_nothing) {
  const Room room;
  const http::Server missing([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Outcome none = room.run("fetch densenet121", from(missing.address()));
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("404"));
  ASSERT_EQ(missing.requests().size(), 1U);
  EXPECT_EQ(missing.requests()[0].path, "/weights/densenet121-a639ec97.pth");

  const http::Server wrong([](const http::Request&) { return http::Reply{.body = std::string(9'912'422, 'x')}; });
  const Outcome other = room.run("fetch mnist", from(wrong.address()));
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("SHA-256"));
  EXPECT_TRUE(files_below(room / ".cache").empty());
}

TEST(Fetch, one_that_fails_is_named_and_does_not_keep_the_others_back) {
  const Room room;
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  room.write(".cache/data/signs/train_signs/0_IMG_1.jpg", "a picture");
  const Outcome outcome = room.run("fetch densenet121 signs vgg16_bn --json", from(server.address()));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, testing::AllOf(HasSubstr("residual: densenet121: "), HasSubstr("residual: vgg16_bn: ")));
  const nlohmann::json list = program::json_of(outcome.out);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[1]["path"], (room / ".cache/data/signs").string());
  EXPECT_TRUE(list[2].contains("error"));
}

TEST(Fetch, a_published_name_in_place_of_a_file_is_answered_with_how_to_get_it) {
  const Room room;
  for (const char* command : {"eval resnet50 --data shapes", "predict resnet50 x.png"}) {
    const Outcome outcome = room.run(command, from(http::closed_address()));
    EXPECT_EQ(outcome.code, 3) << command;
    EXPECT_THAT(outcome.err, HasSubstr("`residual fetch resnet50`")) << command;
  }
}

TEST(Fetch, a_full_disk_is_said_and_what_came_is_kept) {
  const http::Server server([](const http::Request&) { return http::Reply{.body = std::string(9'912'422, 'x')}; });
  const Room room;
  const Outcome outcome = room.run("fetch mnist", from(server.address()) + "ulimit -f 1024;");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("room on the disk"));
  EXPECT_EQ(fs::file_size(room / ".cache/data/mnist/train-images-idx3-ubyte.gz.part"), 1024U * 1024U);
}

TEST(Fetch, an_interrupt_leaves_a_part_that_the_next_call_goes_on_from) {
  const Room room;
  const fs::path part = room / ".cache/data/mnist/train-images-idx3-ubyte.gz.part";
  {
    const http::Server server([](const http::Request&) {
      return http::Reply{.body = std::string(1'000'000, 'x'), .length = 9'912'422, .silence = 60};
    });
    ::setenv("RESIDUAL_FETCH_MIRROR", server.address().c_str(), 1);
    const pid_t process = room.start("fetch mnist");
    ::unsetenv("RESIDUAL_FETCH_MIRROR");
    EXPECT_TRUE(program::wait_until([&] { return fs::exists(part) && fs::file_size(part) == 1'000'000; }));
    ::kill(process, SIGINT);
    EXPECT_EQ(program::wait_for(process), 130);
    EXPECT_THAT(room.read("err"), HasSubstr("goes on from there"));
  }
  EXPECT_EQ(fs::file_size(part), 1'000'000U);
  const http::Server server([](const http::Request&) { return http::Reply{.status = "503 Busy"}; });
  EXPECT_EQ(room.run("fetch mnist", from(server.address())).code, 1);
  EXPECT_EQ(server.requests().at(0).from, 1'000'000);
}

TEST(Fetch, signs_is_described) {
  const Outcome outcome = Room().run("fetch signs");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("https://drive.google.com/"));
}

TEST(Fetch, data_by_name_are_fetched_unless_there_is_a_folder_of_that_name) {
  const Room room;
  const Outcome outcome = room.run("data info fashion-mnist", from(http::closed_address()));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("https://fashion-mnist.s3.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz"));
  fs::create_directories(room / "fashion-mnist");
  EXPECT_THAT(room.run("data info fashion-mnist", from(http::closed_address())).err,
              HasSubstr("holds nothing that is understood"));
}

TEST(Fetch, what_can_be_refused_without_the_data_is_refused_before_they_are_fetched) {
  const http::Server server([](const http::Request&) { return http::Reply{.status = "404 Not Found"}; });
  const Room room;
  EXPECT_EQ(room.run("data info cifar10 --train-size 5", from(server.address())).code, 2);
  EXPECT_EQ(room.run("data info cifar10 --val-split 2", from(server.address())).code, 2);
  EXPECT_EQ(room.run("data info cifar10 --labels nowhere.txt", from(server.address())).code, 3);
  EXPECT_EQ(room.run("data sample cifar10 --split testing --out pictures", from(server.address())).code, 2);
  EXPECT_EQ(room.run("eval " + program::tiny_model().string() + " --data cifar10 --split testing", from(server.address())).code,
            2);
  EXPECT_EQ(room.run("train --data cifar10 --pretrained nowhere.pth --out run", from(server.address())).code, 3);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Fetch, a_signal_after_the_fetch_ends_the_command_at_once) {
  const Room room;
  if (!publish_mnist(room / "mirror/data/mnist")) GTEST_SKIP() << "MNIST is not there";
  const http::Server server(
      [&](const http::Request& request) { return http::file(room.read("mirror" + request.path), request); });
  ::setenv("RESIDUAL_FETCH_MIRROR", server.address().c_str(), 1);
  const pid_t process = room.start("data sample mnist --split train --count 60000 --out pictures");
  ::unsetenv("RESIDUAL_FETCH_MIRROR");
  EXPECT_TRUE(program::wait_until([&] { return fs::exists(room / "pictures"); }));
  ::kill(process, SIGTERM);
  EXPECT_EQ(program::wait_for(process), 128 + SIGTERM);
}

TEST(Fetch, mnist_comes_is_checked_and_is_used_by_its_name) {
  const Room room;
  if (!publish_mnist(room / "mirror/data/mnist")) GTEST_SKIP() << "MNIST is not there";
  const http::Server server(
      [&](const http::Request& request) { return http::file(room.read("mirror" + request.path), request); });
  const Outcome fetched = room.run("fetch mnist --quiet", from(server.address()));
  EXPECT_EQ(fetched.code, 0) << fetched.err;
  EXPECT_EQ(fetched.out, (room / ".cache/data/mnist").string() + "\n");
  EXPECT_EQ(fetched.err, "");
  EXPECT_EQ(server.requests().size(), 4U);

  const Outcome info = room.run("data info mnist", from(http::closed_address()));
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_THAT(info.out, testing::AllOf(HasSubstr("60000"), HasSubstr("10000")));
}

}  // namespace
