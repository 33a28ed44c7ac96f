// What the library does beside computing can be chosen in code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <residual/residual.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "core/threads/threads.h"
#include "support/surroundings.h"

namespace {

using namespace residual;

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

class Runtime : public testing::Test {
 protected:
  Runtime() {
    ::setenv("RESIDUAL_CACHE_DIR", (folder_ / "environment").c_str(), 1);
    ::unsetenv("RESIDUAL_TUNE");
  }
  ~Runtime() override {
    configure({});
    ::setenv("RESIDUAL_TUNE", "0", 1);
    ::unsetenv("OMP_NUM_THREADS");
    ::unsetenv("OMP_THREAD_LIMIT");
  }
  // Of a size that no test in this process has had: winners among kernels are known to the whole process once they are timed.
  static ImageShape fresh_shape() {
    static int64_t side = 8;
    ++side;
    return {3, side, side};
  }
  static void predict() {
    const ImageShape shape = fresh_shape();
    const std::vector<uint8_t> pixels(static_cast<size_t>(3 * shape.height * shape.width), 77);
    Model::build("resnet8", {.input = shape}).predict(ImageView(pixels, shape));
  }
  // The exit code of a child process that runs this.
  static int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const support::TemporaryFolder folder_;
};

TEST_F(Runtime, KeepsTheFastestKernelsInTheFolderThatCodeNames) {
  configure({.cache_folder = folder_ / "chosen", .tune = true});
  predict();
  EXPECT_FALSE(files_in(folder_ / "chosen").empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "environment"));
}

TEST_F(Runtime, WritesNothingWithoutAFolder) {
  configure({.cache_folder = std::filesystem::path(), .tune = true});
  predict();
  EXPECT_TRUE(files_in(folder_.path()).empty());
}

TEST_F(Runtime, TimesNoKernelWhereCodeSwitchesItOff) {
  configure({.tune = false});
  predict();
  EXPECT_TRUE(files_in(folder_.path()).empty()) << "off for the process";
  configure({});
  const Model model = Model::build("resnet8", {.input = fresh_shape()});
  model.warm_up({.tune = false});
  EXPECT_TRUE(files_in(folder_.path()).empty()) << "off for one call";
  model.warm_up();
  EXPECT_TRUE(std::filesystem::exists(folder_ / "environment" / "kernels.json"));
}

TEST_F(Runtime, CodeOverridesTheEnvironment) {
  ::setenv("RESIDUAL_TUNE", "0", 1);
  predict();
  EXPECT_TRUE(files_in(folder_.path()).empty());
  configure({.tune = true});
  predict();
  EXPECT_TRUE(std::filesystem::exists(folder_ / "environment" / "kernels.json"));
}

TEST_F(Runtime, GivesItsMessagesToTheSink) {
  std::vector<std::string> messages;
  configure({.tune = false, .log = [&](LogLevel, std::string_view message) { messages.emplace_back(message); }});
  Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255"}).save(folder_ / "model.pth");
  folder_.write("labels.txt", "crane\ncrane\n");
  read_labels(folder_ / "labels.txt");
  EXPECT_THAT(messages, testing::ElementsAre(testing::HasSubstr("crane")));
}

TEST_F(Runtime, RespectsTheLimitsOfOpenMpAndOfCode) {
  const int all = allowed_threads();
  ::setenv("OMP_NUM_THREADS", "1,4", 1);
  EXPECT_EQ(allowed_threads(), 1);
  ::setenv("OMP_NUM_THREADS", "100000", 1);
  EXPECT_EQ(allowed_threads(), all);
  ::setenv("OMP_THREAD_LIMIT", "1", 1);
  EXPECT_EQ(allowed_threads(), 1);
  configure({.threads = 2});
  EXPECT_EQ(allowed_threads(), 2);
  EXPECT_THROW(configure({.threads = 0}), Error);
}

TEST_F(Runtime, AForkedProcessIsRefusedWithASentence) {
  configure({.tune = false});
  const Model model = Model::build("resnet8", {.input = {3, 8, 8}, .preprocessing = "divide-255"});
  Predictor predictor = model.predictor();
  const std::vector<uint8_t> pixels(3 * 8 * 8, 77);
  const ImageView image(pixels, {3, 8, 8});
  predictor.predict(image);
  const auto refused = [](const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kUsage && std::string_view(error.what()).find("forked") != std::string_view::npos;
    }
    return false;
  };
  EXPECT_EQ(in_child([&] { return refused([&] { predictor.predict(image); }) ? 0 : 1; }), 0) << "a predictor of the parent";
  EXPECT_EQ(in_child([&] { return refused([&] { model.predictor(); }) ? 0 : 1; }), 0) << "a new predictor";
  EXPECT_EQ(in_child([&] {
              return refused([] {
                const Dataset data = Dataset::open("shapes", {.train_size = 32, .test_size = 10, .shape = {3, 8, 8}});
                TrainingOptions options;
                options.batch_size = 16;
                Model::build("resnet8", data).train(data, options);
              })
                         ? 0
                         : 1;
            }),
            0)
      << "training";
  predictor.predict(image);  // the parent goes on
}

}  // namespace
