// `residual train`: what it writes, what it says, and how it goes on after an interruption.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <sstream>

#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::tiny_training;
using program::Workspace;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Training, WritesModelsMetricsCurvesAndAReport) {
  const Workspace workspace;
  const Outcome outcome = workspace.run(tiny_training("run", 2));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* name : {"best.safetensors", "last.safetensors", "checkpoint.safetensors", "metrics.jsonl", "timings.jsonl",
                           "report.html", "curves.svg", "curves.png"}) {
    EXPECT_TRUE(fs::exists(workspace / "run" / name)) << name;
  }
  EXPECT_EQ(lines_of(workspace.read("run/metrics.jsonl")).size(), 2U);
  EXPECT_THAT(workspace.read("run/report.html"), HasSubstr("residual train --data shapes"));
  EXPECT_THAT(program::partial_files(workspace.path()), testing::IsEmpty());
}

TEST(Training, StartsFromTrainedWeightsAndSaysWhatItTook) {
  const Workspace workspace;
  const std::string from = " --pretrained " + program::tiny_model().string();
  const Outcome outcome = workspace.run(tiny_training("run") + from + " --freeze stem,layer1 --head-lr-scale 2");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("starting from"));
  EXPECT_THAT(outcome.out + outcome.err, HasSubstr("all of its weights"));
  const Outcome resumed = workspace.run(tiny_training("run") + from + " --freeze stem --resume");
  EXPECT_EQ(resumed.code, 2);
  EXPECT_THAT(resumed.err, HasSubstr("freeze"));
}

TEST(Training, RefusesWeightsOfAnotherNetworkWithATableAndPartsThatDoNotExist) {
  const Workspace workspace;
  const std::string from = " --pretrained " + program::tiny_model().string();
  const Outcome other =
      workspace.run("train --data shapes --train-size 32 --test-size 10 --model resnet14 --input 3x8x8 --out run" + from);
  EXPECT_NE(other.code, 0);
  EXPECT_THAT(other.err, HasSubstr("resnet14"));
  const Outcome nothing = workspace.run(tiny_training("run") + from + " --freeze layer9");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("conv1, bn1, layer1, layer2, layer3, linear"));
  EXPECT_FALSE(fs::exists(workspace / "run")) << "a run that is refused leaves nothing";
}

TEST(Training, RefusesAtOnceAGraphThatCanOnlyBeUsed) {
  const Workspace workspace;
  fs::copy(fs::path(RESIDUAL_SOURCE_DIR) / "tests/golden/onnx/dead_nodes.onnx", workspace / "graph.onnx");
  const Outcome outcome = workspace.run("train --data nowhere --pretrained graph.onnx --out run");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'graph.onnx' (ONNX) holds no network of the model table"));
}

TEST(Training, WarnsOfPartsThatKeepRandomWeights) {
  const Workspace workspace;
  const Outcome outcome = workspace.run(tiny_training("run") + " --quiet --freeze stem");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: warning: the frozen parts (stem) keep the random weights"));
}

TEST(Training, TellsEachEpochInALineWithDateTimeLossesAndAccuracies) {
  const Outcome outcome = Workspace().run(tiny_training("run", 1));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}  epoch 1/1  train loss "
                                                  "[0-9.]+ top-1 [0-9.]+%  test loss [0-9.]+ top-1 [0-9.]+%"));
}

TEST(Training, QuietSaysNothing) {
  const Outcome outcome = Workspace().run(tiny_training("run") + " --quiet");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST(Training, JsonIsOneObjectALineWithTheResultLast) {
  const Outcome outcome = Workspace().run(tiny_training("run", 2) + " --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> events;
  for (const std::string& line : lines_of(outcome.out)) events.push_back(program::json_of(line)["event"]);
  EXPECT_EQ(std::ranges::count(events, "epoch"), 2);
  EXPECT_EQ(events.front(), "start");
  EXPECT_EQ(events.back(), "result");
  EXPECT_EQ(outcome.err, "");
}

TEST(Training, ShowsABarOnATerminal) {
  const Workspace workspace;
  const Outcome outcome = workspace.shell("TERM=xterm script -qec '\"$R\" " + tiny_training("run", 2) + "' /dev/null");
  if (outcome.code == 127) GTEST_SKIP() << "no program script";
  EXPECT_THAT(outcome.out, HasSubstr("left"));
  EXPECT_THAT(outcome.out, HasSubstr("images/s"));
}

TEST(Training, GoesOnWhenNobodyReadsItsLines) {
  const Workspace workspace;
  const Outcome outcome = workspace.shell("\"$R\" " + tiny_training("run", 2) + " | head -n 1; echo ${PIPESTATUS[0]}");
  EXPECT_THAT(outcome.out, testing::EndsWith("\n0\n"));
  EXPECT_TRUE(fs::exists(workspace / "run" / "report.html"));
}

TEST(Training, PreparesImagesByARecipeAndKeepsItInTheModel) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run") + " --preprocess imagenet --exif-orientation").code, 0);
  const std::string model = workspace.read("run/last.safetensors");
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("resize_shorter"));
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("0.485"));
  EXPECT_THAT(model.substr(0, 4096), HasSubstr("exif_orientation"));
  ASSERT_EQ(workspace.run("data sample shapes --out images --count 1").code, 0);
  EXPECT_EQ(workspace.run("predict run/last.safetensors images/000-circle.png").code, 0) << "an image of another size";
}

TEST(Training, TheReportShowsTheWorstMistakesWithTheirImagesAndStaysSmall) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run")).code, 0);
  const std::string page = workspace.read("run/report.html");
  EXPECT_THAT(page, HasSubstr("Where it was most wrong"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(page, testing::Not(HasSubstr("src=\"http")));
  EXPECT_LT(page.size(), 600'000U);
}

TEST(Training, ResumeWithoutACheckpointStartsAfreshAndSaysSo) {
  const Outcome outcome = Workspace().run(tiny_training("run") + " --resume");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("starting afresh"));
}

TEST(Training, ResumeOfAFinishedRunChangesNothing) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run", 2)).code, 0);
  const std::string metrics = workspace.read("run/metrics.jsonl"), last = workspace.read("run/last.safetensors");
  const Outcome outcome = workspace.run(tiny_training("run", 2) + " --resume");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(workspace.read("run/metrics.jsonl"), metrics);
  EXPECT_EQ(workspace.read("run/last.safetensors"), last);
}

TEST(Training, AnInterruptLeavesACheckpointSaysHowToGoOnAndTheResultIsTheSame) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("whole", 30)).code, 0);
  const pid_t process = workspace.start(tiny_training("run", 30));
  ASSERT_TRUE(program::wait_until([&] { return !workspace.read("run/metrics.jsonl").empty(); }));
  ::kill(process, SIGINT);
  ASSERT_EQ(program::wait_for(process), 130);
  EXPECT_THAT(workspace.read("err"), HasSubstr("--resume"));
  EXPECT_LT(lines_of(workspace.read("run/metrics.jsonl")).size(), 30U);
  ASSERT_EQ(workspace.run(tiny_training("run", 30) + " --resume").code, 0);
  EXPECT_EQ(workspace.read("run/metrics.jsonl"), workspace.read("whole/metrics.jsonl"));
  EXPECT_TRUE(workspace.read("run/last.safetensors") == workspace.read("whole/last.safetensors"));
}

TEST(Training, ModelsWithMovingAveragesAreTheSameAfterAnInterrupt) {
  const Workspace workspace;
  const std::string options = " --ema-decay 0.9 --clip-grad-norm 1";
  ASSERT_EQ(workspace.run(tiny_training("whole", 30) + options).code, 0);
  const pid_t process = workspace.start(tiny_training("run", 30) + options);
  ASSERT_TRUE(program::wait_until([&] { return !workspace.read("run/metrics.jsonl").empty(); }));
  ::kill(process, SIGINT);
  ASSERT_EQ(program::wait_for(process), 130);
  EXPECT_THAT(workspace.run(tiny_training("run", 30) + " --resume").err, HasSubstr("ema_decay"));
  ASSERT_EQ(workspace.run(tiny_training("run", 30) + options + " --resume").code, 0);
  EXPECT_EQ(workspace.read("run/metrics.jsonl"), workspace.read("whole/metrics.jsonl"));
  EXPECT_TRUE(workspace.read("run/last.safetensors") == workspace.read("whole/last.safetensors"));
}

TEST(Training, TheNumberOfLoaderThreadsChangesNothing) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("one", 2) + " --loader-threads 1").code, 0);
  ASSERT_EQ(workspace.run(tiny_training("four", 2) + " --loader-threads 4").code, 0);
  EXPECT_EQ(workspace.read("one/metrics.jsonl"), workspace.read("four/metrics.jsonl"));
  EXPECT_TRUE(workspace.read("one/last.safetensors") == workspace.read("four/last.safetensors"));
}

TEST(Training, EveryOptimizerScheduleAndAugmentationRuns) {
  const Workspace workspace;
  int number = 0;
  for (const char* options :
       {"--optimizer adam", "--optimizer adamw --label-smoothing 0.1", "--nesterov --schedule constant",
        "--schedule step --step-epochs 1 --gamma 0.5", "--schedule multistep --milestones 1,2 --augment none",
        "--augment flip --init torch", "--init glorot --shortcut B", "--mean 0.5,0.5,0.5 --std 0.2,0.2,0.2",
        "--val-split 0.2 --warmup 3", "--optimizer adam --beta1 0.8 --beta2 0.99 --eps 1e-6",
        "--clip-grad-norm 1 --no-weight-decay-on-norm-and-bias", "--ema-decay 0.9 --head-learning-rate-scale 2"}) {
    const Outcome outcome = workspace.run(tiny_training("run" + std::to_string(number++)) + " " + options);
    EXPECT_EQ(outcome.code, 0) << options << ": " << outcome.err;
  }
}

// Its output folder after a first epoch.
void wait_for_an_epoch(const Workspace& workspace) {
  ASSERT_TRUE(program::wait_until([&] { return !workspace.read("run/metrics.jsonl").empty(); }));
}

TEST(Training, ASecondRunInTheSameFolderIsRefusedWithTheProcessOfTheFirst) {
  const Workspace workspace;
  const pid_t first = workspace.start(tiny_training("run", 100'000));
  wait_for_an_epoch(workspace);
  for (const char* resume : {"", " --resume"}) {
    const Outcome second = workspace.run(tiny_training("run", 100'000) + resume);
    EXPECT_EQ(second.code, 2);
    EXPECT_THAT(second.err, HasSubstr("another run writes into 'run': process " + std::to_string(first) + ";"));
  }
  ::kill(first, SIGKILL);
  EXPECT_EQ(program::wait_for(first), 128 + SIGKILL);
  const pid_t next = workspace.start(tiny_training("run", 100'000) + " --resume");  // the lock of a killed run is gone
  EXPECT_TRUE(program::wait_until([&] { return workspace.read("out").find("resumed") != std::string::npos; }));
  ::kill(next, SIGTERM);
  EXPECT_EQ(program::wait_for(next), 130);
  EXPECT_FALSE(fs::exists(workspace / "run/run.lock"));
}

TEST(Training, ASignalThatComesTwiceAtOnceStillLeavesACheckpoint) {
  const Workspace workspace;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    fs::remove_all(workspace / "run");
    const pid_t process = workspace.start(tiny_training("run", 100'000));
    wait_for_an_epoch(workspace);
    ::kill(process, signal);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::kill(process, signal);
    EXPECT_EQ(program::wait_for(process), 130);
    EXPECT_THAT(workspace.read("err"), HasSubstr("the checkpoint is in 'run'"));
  }
}

TEST(Training, ASignalThatItWasStartedToIgnoreStaysIgnored) {
  const Workspace workspace;
  const Outcome outcome = workspace.shell("trap '' HUP; \"$R\" " + tiny_training("run", 60) +
                                          " & sleep 0.3; kill -HUP $!; sleep 0.3; kill -HUP $!; wait $!");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(Training, AKilledRunThatHadBegunOverAFinishedOneIsResumed) {
  const Workspace workspace;
  const auto training = [](const std::string& options) {  // 125 steps an epoch
    return "train --data shapes --model resnet8 --input 3x8x8 --train-size 2000 --test-size 40 --batch-size 16 --threads 1 "
           "--epochs 2 "
           "--checkpoint-minutes 1000 " +
           options;
  };
  ASSERT_EQ(workspace.run(training("--out whole")).code, 0);
  ASSERT_EQ(workspace.run(training("--seed 1 --out other")).code, 0);
  const auto ended_an_epoch = [&] {
    const std::string lines = workspace.read("run/metrics.jsonl");
    return !lines.empty() && lines != workspace.read("whole/metrics.jsonl");
  };
  do {  // until the kill comes in the first epoch
    fs::remove_all(workspace / "run");
    fs::copy(workspace / "whole", workspace / "run");
    const pid_t process = workspace.start(training("--seed 1 --out run"));
    EXPECT_TRUE(program::wait_until(
        [&] { return workspace.read("run/checkpoint.safetensors") != workspace.read("whole/checkpoint.safetensors"); }));
    ::kill(process, SIGKILL);
    program::wait_for(process);
  } while (ended_an_epoch());
  // As a kill right after its first checkpoint leaves them: the lines are still those of the finished run.
  for (const char* file : {"metrics.jsonl", "timings.jsonl"})
    fs::copy(workspace / "whole" / file, workspace / "run" / file, fs::copy_options::overwrite_existing);
  const Outcome outcome = workspace.run(training("--seed 1 --out run --resume"));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(workspace.read("run/metrics.jsonl"), workspace.read("other/metrics.jsonl"));
  EXPECT_TRUE(workspace.read("run/last.safetensors") == workspace.read("other/last.safetensors"));
  EXPECT_EQ(lines_of(workspace.read("run/timings.jsonl")).size(), 2U);
}

TEST(Training, AFinishedRunStaysWholeUntilTheNextOneIsInItsPlace) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run", 2)).code, 0);
  const std::string metrics = workspace.read("run/metrics.jsonl");
  // The folder cannot take the first checkpoint of the next run.
  const Outcome refused = workspace.run(tiny_training("run", 2) + " --seed 1", "ulimit -f 4;");
  EXPECT_NE(refused.code, 0);
  EXPECT_EQ(workspace.read("run/metrics.jsonl"), metrics);
  EXPECT_EQ(workspace.run(tiny_training("run", 2) + " --resume").code, 0);
}

TEST(Training, ALostTailOfTheTimingsDoesNotStopAResumedRun) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("whole", 4)).code, 0);
  for (const std::string& rest : {std::string(), std::string("{\"epoch\":1,\"sec"), std::string(100, '\0')}) {
    fs::remove_all(workspace / "run");
    fs::copy(workspace / "whole", workspace / "run");
    workspace.write("run/timings.jsonl", rest);
    const Outcome outcome = workspace.run(tiny_training("run", 4) + " --resume");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(workspace.read("run/timings.jsonl"), "") << "lines that are not whole stay";
    EXPECT_EQ(workspace.read("run/metrics.jsonl"), workspace.read("whole/metrics.jsonl"));
  }
}

TEST(Training, FilesThatAKilledRunLeftHalfWrittenGoWhateverItsProcessNumber) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("run", 1)).code, 0);
  for (const pid_t process : {::getpid(), pid_t{1}, pid_t{999'999'999}})
    workspace.write("run/last.safetensors.part." + std::to_string(process) + ".3", "half");
  EXPECT_EQ(workspace.run(tiny_training("run", 1) + " --resume").code, 0);
  EXPECT_THAT(program::partial_files(workspace / "run"), testing::IsEmpty());
}

TEST(Training, TheRecordSaysWhetherKernelsWereTimed) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(tiny_training("timed"), "RESIDUAL_TUNE=1").code, 0);
  const Outcome not_timed = workspace.run(tiny_training("not") + " --no-tune", "RESIDUAL_TUNE=1");
  ASSERT_EQ(not_timed.code, 0);
  EXPECT_THAT(workspace.read("timed/report.html"), HasSubstr("chosen by timing"));
  EXPECT_THAT(workspace.read("timed/checkpoint.safetensors"), HasSubstr("\\\"timed_kernels\\\":true"));
  EXPECT_THAT(workspace.read("not/report.html"), HasSubstr("chosen without timing"));
  EXPECT_THAT(workspace.read("not/checkpoint.safetensors"), HasSubstr("\\\"timed_kernels\\\":false"));
  EXPECT_THAT(not_timed.out, HasSubstr("kernels not timed"));
}

}  // namespace
