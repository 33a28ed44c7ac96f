// What every command gives when all is well: help, tables, JSON keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::ElementsAre;
using testing::HasSubstr;

// "data " below "", "data info " below "data ": what a command's help lists under Subcommands.
std::vector<std::string> commands_below(const std::string& command, const std::string& help) {
  std::vector<std::string> commands;
  const size_t list = help.find("\nSubcommands:\n");
  if (list == std::string::npos) return commands;
  std::istringstream lines(help.substr(list + 14));
  for (std::string line; std::getline(lines, line) && line.starts_with("  ");)
    commands.push_back(command + line.substr(2, line.find(' ', 2) - 2) + " ");
  return commands;
}

TEST(Surface, EveryCommandHasHelpWithAnExample) {
  const Workspace workspace;
  std::vector<std::string> commands{""};
  for (size_t i = 0; i < commands.size(); ++i) {
    const std::string command = commands[i];
    const Outcome outcome = workspace.run(command + "--help");
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Example")) << command;
    EXPECT_THAT(outcome.out, HasSubstr("residual " + command)) << command;
    EXPECT_EQ(outcome.err, "") << command;
    for (std::string& sub : commands_below(command, outcome.out)) commands.push_back(std::move(sub));
  }
  EXPECT_THAT(commands, testing::IsSupersetOf({"train ", "data info ", "models "}));
}

TEST(Surface, HelpOfCommandsWithManyOptionsIsShortAndHelpAllIsNot) {
  const Workspace workspace;
  const std::string help = workspace.run("eval --help").out, all = workspace.run("eval --help-all").out;
  EXPECT_LT(std::count(help.begin(), help.end(), '\n'), 40);
  EXPECT_LT(3 * help.size(), 2 * all.size());
  EXPECT_THAT(help, testing::AllOf(HasSubstr("--shortcut-pool"), HasSubstr("--help-all explains them")));
  EXPECT_THAT(all, testing::AllOf(HasSubstr("subsample, max or average"), testing::Not(HasSubstr("explains them"))));
}

TEST(Surface, HelpListsTheChoicesThereAre) {
  const Workspace workspace;
  EXPECT_THAT(
      workspace.run("summary --help").out,
      testing::AllOf(HasSubstr("`residual devices`"), HasSubstr(": fp32, tf32 or bf16\n"), HasSubstr(": A, B, C or none\n")));
  EXPECT_THAT(workspace.run("eval --help").out, HasSubstr(": train, validation or test\n"));
}

TEST(Surface, HelpOfTrainNamesEveryPromisedOption) {
  const std::string help = Workspace().run("train --help").out;
  for (const char* option : {"--model",
                             "--data",
                             "--epochs",
                             "--batch-size",
                             "--optimizer",
                             "--lr",
                             "--momentum",
                             "--nesterov",
                             "--weight-decay",
                             "--schedule",
                             "--warmup",
                             "--augment",
                             "--label-smoothing",
                             "--seed",
                             "--init",
                             "--input",
                             "--device",
                             "--precision",
                             "--deterministic",
                             "--threads",
                             "--loader-threads",
                             "--out",
                             "--resume",
                             "--shortcut",
                             "--shortcut-pool",
                             "--norm",
                             "--stem",
                             "--block",
                             "--stride-on-1x1",
                             "--stem-pool",
                             "--output-stride",
                             "--weights-in",
                             "--val-split",
                             "--quiet",
                             "--json",
                             "--train-size",
                             "--test-size",
                             "--preprocess",
                             "--learning-rate",
                             "--clip-grad-norm",
                             "--ema-decay",
                             "--beta1",
                             "--milestones",
                             "--no-weight-decay-on-norm-and-bias",
                             "--head-learning-rate-scale"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
}

TEST(Surface, ModelsListsNetworksWithTheirSize) {
  const nlohmann::json list = program::json_of(Workspace().run("models --json").out);
  bool found = false;
  for (const auto& entry : list) {
    if (entry["name"] != "resnet20") continue;
    found = true;
    EXPECT_EQ(entry["parameters"], 269722);
    EXPECT_EQ(entry["input"], "3x32x32");
  }
  EXPECT_TRUE(found);
  EXPECT_THAT(Workspace().run("models").out, HasSubstr("resnet1202"));
}

TEST(Surface, ModelsAreFilteredByFamilyPublishedWeightsAndText) {
  const Workspace workspace;
  const auto names = [&](const std::string& options) {
    std::vector<std::string> list;
    for (const auto& entry : program::json_of(workspace.run("models --json " + options).out)) list.push_back(entry["name"]);
    return list;
  };
  EXPECT_THAT(names("--family wide_resnet"), ElementsAre("wide_resnet50_2", "wide_resnet101_2"));
  EXPECT_THAT(names("--published --family vgg"), testing::SizeIs(8));
  EXPECT_THAT(names("RESNEXT --published"), ElementsAre("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"));
  EXPECT_THAT(names("resnext50"), testing::Contains("resnext50_32x4d"));
  EXPECT_THAT(names("nothing-is-called-so"), testing::IsEmpty());
  const nlohmann::json entry = program::json_of(workspace.run("models --json wide_resnet50_2").out)[0];
  EXPECT_EQ(entry["family"], "wide_resnet");
  EXPECT_EQ(entry["weights"], nlohmann::json({"wide_resnet50_2", "wide_resnet50_2-v2"}));
}

TEST(Surface, SummaryGivesParametersMacsAndLayers) {
  const Outcome outcome = Workspace().run("summary resnet20 --json");
  const nlohmann::ordered_json json = program::ordered_json_of(outcome.out);
  EXPECT_THAT(program::keys_of(json), ElementsAre("parameters", "macs", "layers"));
  EXPECT_EQ(json["parameters"], 269722);
  EXPECT_EQ(json["macs"], 40551040);
  int64_t parameters = 0, macs = 0;
  for (const auto& layer : json["layers"]) {
    parameters += layer["parameters"].get<int64_t>();
    macs += layer["macs"].get<int64_t>();
  }
  EXPECT_EQ(parameters, 269722);
  EXPECT_EQ(macs, 40551040);
}

TEST(Surface, SummaryFollowsInputShortcutAndClasses) {
  const Workspace workspace;
  EXPECT_EQ(program::json_of(workspace.run("summary resnet20 --shortcut B --json").out)["parameters"], 272474);
  EXPECT_EQ(program::json_of(workspace.run("summary linear --input 1x28x28 --classes 10 --json").out)["parameters"], 7850);
}

TEST(Surface, SummaryFollowsEveryChoiceOfANetwork) {
  const Workspace workspace;
  const auto parameters = [&](const std::string& options) {
    return program::json_of(workspace.run("summary " + options + " --json").out)["parameters"];
  };
  EXPECT_EQ(parameters("resnet18 --stem small --classes 10"), parameters("resnet18-small"));
  EXPECT_EQ(parameters("resnet50 --stride-on-1x1"), 25557032);
  EXPECT_EQ(parameters("resnet20 --shortcut-pool max"), 269722);
  EXPECT_EQ(parameters("resnet20 --norm none"), 269034);
  EXPECT_THAT(workspace.run("summary resnet18 --block separable").out, HasSubstr("times fewer"));
}

TEST(Surface, ANetworkMayBeDescribedInAFile) {
  const Workspace workspace;
  ASSERT_EQ(workspace.shell("\"$R\" models --describe resnet20 > mine.json").code, 0);
  EXPECT_EQ(program::json_of(workspace.run("summary mine.json --json").out)["parameters"], 269722);
  workspace.write(
      "tiny.toml",
      "stages = [{ blocks = 1, width = 8 }]\nstem = { convolutions = [{ channels = 8, kernel = 3, stride = 1 }], max_pool "
      "= false }\n");
  const Outcome outcome = workspace.run(
      "train --data shapes --model tiny.toml --input 3x8x8 --train-size 64 --test-size 16 --batch-size 32 --epochs 1 --threads 1 "
      "--quiet --out run");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(workspace.run("summary run/best.safetensors --json").out)["parameters"], 1506);
}

TEST(Surface, SummaryWithPlanShowsKernelsAndMemory) {
  const std::string text = Workspace().run("summary resnet8 --input 3x8x8 --plan --threads 1").out;
  EXPECT_THAT(text, HasSubstr("plan for"));
  EXPECT_THAT(text, HasSubstr("reorders"));
  EXPECT_THAT(text, HasSubstr("arena"));
}

TEST(Surface, DataInfoWritesAContactSheetAndSaysWhatIsInItsRows) {
  const Workspace workspace;
  const Outcome outcome = workspace.run("data info shapes --train-size 20 --test-size 20 --contact-sheet sheet.png");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("sheet.png: 10 images a class, a row each, from the top: circle, square"));
  EXPECT_THAT(workspace.read("sheet.png"), testing::StartsWith("\x89PNG"));
}

TEST(Surface, ArchivesAreReadAsTheyAreAndClassesTakeTheNamesOfAFile) {
  const Workspace workspace;
  for (const char* place : {"train/0", "train/1", "test/0", "test/1"}) {
    ASSERT_EQ(workspace.run(std::string("data sample shapes --count 2 --out pets/") + place).code, 0);
  }
  ASSERT_EQ(workspace.shell("tar czf pets.tar.gz pets").code, 0);
  workspace.write("names.txt", "cat\ndog\n");
  const Outcome outcome = workspace.run("data info pets.tar.gz --labels names.txt --json");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(outcome.out)["classes"], nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(workspace.run("data info pets.tar.gz --labels pets.tar.gz").code, 3);
}

TEST(Surface, EvalLooksAtImagesInSeveralCrops) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run(program::tiny_training("run") + " --preprocess imagenet").code, 0);
  const std::string eval = "eval run/last.safetensors --data shapes --train-size 10 --test-size 20 --json";
  const nlohmann::json one = program::json_of(workspace.run(eval).out),
                       ten = program::json_of(workspace.run(eval + " --crops 10").out);
  EXPECT_EQ(ten["images"], 20);
  EXPECT_NE(one["loss"], ten["loss"]);
  EXPECT_EQ(workspace.run(eval + " --crops 3").code, 2);
  EXPECT_EQ(workspace.run("eval " + program::tiny_model().string() + " --data shapes --crops 5").code, 2) << "no centre crop";
}

TEST(Surface, EvalGivesItsKeysAndTheyAgree) {
  const Outcome outcome =
      Workspace().run("eval " + program::tiny_model().string() + " --data shapes --test-size 40 --threads 1 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::ordered_json json = program::ordered_json_of(outcome.out);
  EXPECT_THAT(program::keys_of(json), ElementsAre("images", "correct", "top1", "top5", "loss", "images_per_second", "classes_by",
                                                  "unknown_classes", "images_left_out"));
  EXPECT_EQ(json["images"], 40);
  EXPECT_DOUBLE_EQ(json["top1"], json["correct"].get<double>() / 40);
  EXPECT_GE(json["top5"], json["top1"]);
  EXPECT_GT(json["images_per_second"], 0);
  EXPECT_EQ(json["classes_by"], "names");
  EXPECT_EQ(json["images_left_out"], 0);
}

TEST(Surface, EvalGoesByTheNamesOfTheClasses) {
  const Workspace workspace;
  // Folders of one image each; sorted, their numbers are not those of the model's classes.
  for (const char* name : {"STAR", "circle", "unicorn"})
    ASSERT_EQ(workspace.run("data sample shapes --input 3x8x8 --count 1 --out data/test/" + std::string(name)).code, 0);
  const std::string eval = "eval " + program::tiny_model().string() + " --data data --json";
  const Outcome some = workspace.run(eval);
  ASSERT_EQ(some.code, 0) << some.err;
  const nlohmann::json json = program::json_of(some.out);
  EXPECT_EQ(json["images"], 2);
  EXPECT_EQ(json["classes_by"], "folded names");
  EXPECT_EQ(json["unknown_classes"], nlohmann::json({"unicorn"}));
  EXPECT_EQ(json["images_left_out"], 1);
  EXPECT_THAT(some.err, HasSubstr("left out: unicorn"));
}

TEST(Surface, EvalSaysWhenNumbersDecide) {
  const Workspace workspace;
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(workspace.run("data sample shapes --input 3x8x8 --count 1 --out data/test/n" + std::to_string(i)).code, 0);
  const Outcome outcome = workspace.run("eval " + program::tiny_model().string() + " --data data --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(outcome.out)["classes_by"], "numbers");
  EXPECT_THAT(outcome.err, HasSubstr("classes are matched by their numbers"));
}

TEST(Surface, EvalOfAnotherSplitTakesItsImages) {
  const Outcome outcome = Workspace().run("eval " + program::tiny_model().string() +
                                          " --data shapes --split train --train-size 70 --test-size 10 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(outcome.out)["images"], 70);
}

TEST(Surface, BenchGivesItsFiveKeys) {
  for (const std::string training : {"", " --train"}) {
    const Outcome outcome =
        Workspace().run("bench resnet8 --input 3x8x8 --batch-size 2 --threads 1 --seconds 0.01 --json" + training);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const nlohmann::ordered_json json = program::ordered_json_of(outcome.out);
    EXPECT_THAT(program::keys_of(json), ElementsAre("images_per_second", "milliseconds", "gflops", "peak_gflops", "peak_bytes"));
    for (const auto& [key, value] : json.items()) EXPECT_GT(value.get<double>(), 0) << key;
    EXPECT_NEAR(json["images_per_second"].get<double>() * json["milliseconds"].get<double>(), 2000, 1e-6);
  }
}

TEST(Surface, BenchOfAModelFileShowsTheCostliestSteps) {
  const Outcome outcome =
      Workspace().run("bench " + program::tiny_model().string() + " --batch-size 2 --threads 1 --seconds 0.01");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("costliest steps"));
  EXPECT_THAT(outcome.out, HasSubstr("images/s"));
  EXPECT_THAT(outcome.out, HasSubstr("spread"));
}

TEST(Surface, BenchWorkerAnswersEveryLineAndEndsWithItsInput) {
  const Outcome outcome =
      Workspace().shell("printf '2\\n1\\n' | \"$R\" bench resnet8 --input 3x8x8 --batch-size 1 --threads 1 --worker");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::MatchesRegex("ready [0-9.]+\n[0-9.]+\n[0-9.]+\n"));
}

TEST(Surface, PredictTakesFoldersAndStandardInput) {
  const Workspace workspace;
  const std::string predict = "predict " + program::tiny_model().string();
  for (const char* folder : {"all/b", "all/a/deep", "all/.hidden"})
    ASSERT_EQ(workspace.run(std::string("data sample shapes --count 1 --out ") + folder).code, 0);
  workspace.write("all/notes.txt", "no image, and not asked");
  const Outcome both = workspace.run(predict + " all - --json < all/b/000-circle.png");
  EXPECT_EQ(both.code, 0) << both.err;
  const nlohmann::json list = program::json_of(both.out);
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[3], nlohmann::json({{"image", "all/notes.txt"}, {"left_out", "it is no image"}}));
  EXPECT_THAT(both.err, HasSubstr("1 file that is no image is left out (.txt 1), and 1 hidden file"));
  EXPECT_EQ(list[0]["image"], "all/a/deep/000-circle.png");
  EXPECT_EQ(list[1]["image"], "all/b/000-circle.png");
  EXPECT_EQ(list[2]["image"], "-");
  EXPECT_EQ(list[1]["predictions"], list[2]["predictions"]);
  EXPECT_EQ(workspace.run(predict + " - < all/notes.txt").code, 3);
  EXPECT_EQ(workspace.run(predict + " - - < all/notes.txt").code, 2);
  workspace.write("none/notes.txt", "");
  const Outcome none = workspace.run(predict + " none");
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("'none' holds no image"));
}

TEST(Surface, PredictNamesClassesByAFile) {
  const Workspace workspace;
  const std::string predict = "predict " + program::tiny_model().string() + " images --labels names --json";
  ASSERT_EQ(workspace.run("data sample shapes --count 1 --out images").code, 0);
  workspace.write("names", "n0\nn1\nn2\nn3\nn4\nn5\nn6\nn7\nn8\nn9\n");
  const nlohmann::json best = program::json_of(workspace.run(predict).out)[0]["predictions"][0];
  EXPECT_EQ(best["class"], "n" + std::to_string(best["index"].get<int>()));
  workspace.write("names", "n0\nn1\nn2\nn3\ncrane\nn5\ncrane\nn7\nn8\nn9\n");
  const Outcome twice = workspace.run(predict);
  EXPECT_EQ(twice.code, 0);
  EXPECT_THAT(twice.err, HasSubstr("more than one class 'crane'"));
  workspace.write("names", "one\n");
  const Outcome few = workspace.run(predict);
  EXPECT_EQ(few.code, 2);
  EXPECT_THAT(few.err, HasSubstr("--labels 'names' has 1 names, the network has 10 classes"));
}

TEST(Surface, PredictAnswersForEveryImage) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --input 3x8x8 --out images --count 2").code, 0);
  const Outcome outcome = workspace.run("predict " + program::tiny_model().string() + " images/*.png --top 3 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json list = program::json_of(outcome.out);
  ASSERT_EQ(list.size(), 2U);
  for (const auto& image : list) {
    ASSERT_EQ(image["predictions"].size(), 3U);
    EXPECT_GE(image["predictions"][0]["probability"], image["predictions"][1]["probability"]);
  }
  EXPECT_THAT(workspace.run("predict " + program::tiny_model().string() + " images/000-circle.png").out, HasSubstr("%"));
}

TEST(Surface, DataInfoCountsImages) {
  const Outcome outcome = Workspace().run("data info shapes --train-size 30 --test-size 20 --json");
  EXPECT_THAT(outcome.out, testing::EndsWith("}\n"));
  const nlohmann::json json = program::json_of(outcome.out);
  EXPECT_EQ(json["classes"].size(), 10U);
  EXPECT_EQ(json["train"]["images"], 30);
  EXPECT_EQ(json["test"]["images"], 20);
}

TEST(Surface, VersionIsSaid) {
  EXPECT_THAT(Workspace().run("--version").out, testing::MatchesRegex("residual [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Surface, AReaderThatGoesAwayIsNoMistake) {
  const Outcome outcome = Workspace().shell("\"$R\" models | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(outcome.out, "0\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(Surface, OutputThatCannotBeWrittenIsSaid) {
  const Outcome outcome = Workspace().run("models > /dev/full");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
}

}  // namespace
