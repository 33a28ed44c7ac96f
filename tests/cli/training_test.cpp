// `residual train`: what it writes, what it says, and how it goes on after an interruption.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <sstream>

#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::Room;
using program::tiny_training;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Training, writes_models_metrics_curves_and_a_report) {
  const Room room;
  const Outcome outcome = room.run(tiny_training("run", 2));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* name : {"best.safetensors", "last.safetensors", "checkpoint.safetensors", "metrics.jsonl", "timings.jsonl",
                           "report.html", "curves.svg", "curves.png"}) {
    EXPECT_TRUE(fs::exists(room / "run" / name)) << name;
  }
  EXPECT_EQ(lines_of(room.read("run/metrics.jsonl")).size(), 2U);
  EXPECT_THAT(room.read("run/report.html"), HasSubstr("residual train --data shapes"));
  EXPECT_THAT(program::partial_files(room.path()), testing::IsEmpty());
}

TEST(Training, starts_from_trained_weights_and_says_what_it_took) {
  const Room room;
  const std::string from = " --pretrained " + program::tiny_model().string();
  const Outcome outcome = room.run(tiny_training("run") + from + " --freeze stem,layer1 --head-lr-scale 2");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("starting from"));
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("all of its weights"));
  const Outcome resumed = room.run(tiny_training("run") + from + " --freeze stem --resume");
  EXPECT_EQ(resumed.code, 2);
  EXPECT_THAT(resumed.err, HasSubstr("freeze"));
}

TEST(Training, refuses_weights_of_another_network_with_a_table_and_parts_that_do_not_exist) {
  const Room room;
  const std::string from = " --pretrained " + program::tiny_model().string();
  const Outcome other =
      room.run("train --data shapes --train-size 32 --test-size 10 --model resnet14 --input 3x8x8 --out run" + from);
  EXPECT_NE(other.code, 0);
  EXPECT_THAT(other.err, HasSubstr("resnet14"));
  const Outcome nothing = room.run(tiny_training("run") + from + " --freeze layer9");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("conv1, bn1, layer1, layer2, layer3, linear"));
  EXPECT_FALSE(fs::exists(room / "run")) << "a run that is refused leaves nothing";
}

TEST(Training, refuses_at_once_a_graph_that_can_only_be_used) {
  const Room room;
  fs::copy(fs::path(RESIDUAL_SOURCE_DIR) / "tests/fuzz/corpus/onnx/shared_grid", room / "grid.onnx");
  const Outcome outcome = room.run("train --data nowhere --pretrained grid.onnx --out run");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'grid.onnx' (ONNX) holds no network of the model table"));
}

TEST(Training, warns_of_parts_that_keep_random_weights) {
  const Room room;
  const Outcome outcome = room.run(tiny_training("run") + " --quiet --freeze stem");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: warning: --freeze stem without --pretrained"));
}

TEST(Training, tells_each_epoch_in_a_line_with_date_time_losses_and_accuracies) {
  const Outcome outcome = Room().run(tiny_training("run", 1));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}  epoch 1/1  train loss "
                                                  "[0-9.]+ top-1 [0-9.]+%  test loss [0-9.]+ top-1 [0-9.]+%"));
}

TEST(Training, quiet_says_nothing) {
  const Outcome outcome = Room().run(tiny_training("run") + " --quiet");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST(Training, json_is_one_object_a_line_with_the_result_last) {
  const Outcome outcome = Room().run(tiny_training("run", 2) + " --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> events;
  for (const std::string& line : lines_of(outcome.out)) events.push_back(program::json_of(line)["event"]);
  EXPECT_EQ(std::ranges::count(events, "epoch"), 2);
  EXPECT_EQ(events.front(), "start");
  EXPECT_EQ(events.back(), "result");
  EXPECT_EQ(outcome.err, "");
}

TEST(Training, shows_a_bar_on_a_terminal) {
  const Room room;
  const Outcome outcome = room.shell("TERM=xterm script -qec \"$R " + tiny_training("run", 2) + "\" /dev/null");
  if (outcome.code == 127) GTEST_SKIP() << "no program script";
  EXPECT_THAT(outcome.out, HasSubstr("left"));
  EXPECT_THAT(outcome.out, HasSubstr("pictures/s"));
}

TEST(Training, goes_on_when_nobody_reads_its_lines) {
  const Room room;
  const Outcome outcome = room.shell("\"$R\" " + tiny_training("run", 2) + " | head -n 1; echo ${PIPESTATUS[0]}");
  EXPECT_THAT(outcome.out, testing::EndsWith("\n0\n"));
  EXPECT_TRUE(fs::exists(room / "run" / "report.html"));
}

TEST(Training, prepares_pictures_by_a_recipe_and_keeps_it_in_the_model) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run") + " --preprocess imagenet --exif-orientation").code, 0);
  const std::string model = room.read("run/last.safetensors");
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("resize_shorter"));
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("0.485"));
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("exif_orientation"));
  ASSERT_EQ(room.run("data sample shapes --out pictures --count 1").code, 0);
  EXPECT_EQ(room.run("predict run/last.safetensors pictures/000-circle.png").code, 0) << "a picture of another size";
}

TEST(Training, the_report_shows_the_worst_mistakes_with_their_pictures_and_stays_small) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run")).code, 0);
  const std::string page = room.read("run/report.html");
  EXPECT_THAT(page, HasSubstr("Where it was most wrong"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(page, testing::Not(HasSubstr("src=\"http")));
  EXPECT_LT(page.size(), 600'000U);
}

TEST(Training, resume_without_a_checkpoint_starts_afresh_and_says_so) {
  const Outcome outcome = Room().run(tiny_training("run") + " --resume");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("starting afresh"));
}

TEST(Training, resume_of_a_finished_run_changes_nothing) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run", 2)).code, 0);
  const std::string metrics = room.read("run/metrics.jsonl"), last = room.read("run/last.safetensors");
  const Outcome outcome = room.run(tiny_training("run", 2) + " --resume");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(room.read("run/metrics.jsonl"), metrics);
  EXPECT_EQ(room.read("run/last.safetensors"), last);
}

TEST(Training, an_interrupt_leaves_a_checkpoint_says_how_to_go_on_and_the_result_is_the_same) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("whole", 30)).code, 0);
  const pid_t process = room.start(tiny_training("run", 30));
  ASSERT_TRUE(program::wait_until([&] { return !room.read("run/metrics.jsonl").empty(); }));
  ::kill(process, SIGINT);
  ASSERT_EQ(program::wait_for(process), 130);
  EXPECT_THAT(room.read("err"), HasSubstr("--resume"));
  EXPECT_LT(lines_of(room.read("run/metrics.jsonl")).size(), 30U);
  ASSERT_EQ(room.run(tiny_training("run", 30) + " --resume").code, 0);
  EXPECT_EQ(room.read("run/metrics.jsonl"), room.read("whole/metrics.jsonl"));
  EXPECT_TRUE(room.read("run/last.safetensors") == room.read("whole/last.safetensors"));
}

TEST(Training, the_number_of_loader_threads_changes_nothing) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("one", 2) + " --loader-threads 1").code, 0);
  ASSERT_EQ(room.run(tiny_training("four", 2) + " --loader-threads 4").code, 0);
  EXPECT_EQ(room.read("one/metrics.jsonl"), room.read("four/metrics.jsonl"));
  EXPECT_TRUE(room.read("one/last.safetensors") == room.read("four/last.safetensors"));
}

TEST(Training, every_optimizer_schedule_and_augmentation_runs) {
  const Room room;
  int number = 0;
  for (const char* options :
       {"--optimizer adam", "--optimizer adamw --label-smoothing 0.1", "--nesterov --schedule constant",
        "--schedule step --step-epochs 1 --gamma 0.5", "--schedule multistep --milestones 1,2 --augment none",
        "--augment flip --init torch", "--init glorot --shortcut B", "--mean 0.5,0.5,0.5 --std 0.2,0.2,0.2",
        "--val-split 0.2 --warmup 3"}) {
    const Outcome outcome = room.run(tiny_training("run" + std::to_string(number++)) + " " + options);
    EXPECT_EQ(outcome.code, 0) << options << ": " << outcome.err;
  }
}

// Each kill comes after a few epochs more, at a random moment of the next; the seed is fixed, the moments never are the same.
TEST(SlowTraining, killed_ten_times_and_resumed_it_gives_the_same_bytes) {
  const Room room;
  constexpr size_t kKills = 10, kEpochs = 24;
  const std::string options =
      "train --data shapes --model resnet14 --input 3x16x16 --train-size 320 --test-size 60 --batch-size 32 --threads 2 "
      "--epochs 24 "
      "--checkpoint-minutes 0.001";
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(room.run(options + " --out whole").code, 0) << room.read(".err");
  const double epoch = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kEpochs;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> moment(0, 2 * epoch);
  for (size_t kill = 0; kill < kKills; ++kill) {
    const pid_t process = room.start(options + " --out run --resume");
    const size_t epochs = kill * (kEpochs - 4) / kKills;
    EXPECT_TRUE(program::wait_until([&] { return lines_of(room.read("run/metrics.jsonl")).size() >= epochs; }, 120));
    std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
    ::kill(process, SIGKILL);
    EXPECT_EQ(program::wait_for(process), 128 + SIGKILL) << "the run ended before it could be killed";
  }
  const Outcome outcome = room.run(options + " --out run --resume");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(room.read("run/metrics.jsonl"), room.read("whole/metrics.jsonl"));
  EXPECT_TRUE(room.read("run/last.safetensors") == room.read("whole/last.safetensors"));
  EXPECT_TRUE(room.read("run/best.safetensors") == room.read("whole/best.safetensors"));
  EXPECT_THAT(program::partial_files(room / "run"), testing::IsEmpty());
}

}  // namespace
