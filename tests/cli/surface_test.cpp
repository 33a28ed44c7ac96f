// What every command gives when all is well: help, tables, JSON keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace {

using program::Outcome;
using program::Room;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Surface, every_command_has_help_with_an_example) {
  const Room room;
  for (const std::string command : {"", "train ", "eval ", "predict ", "summary ", "bench ", "data ", "data info ",
                                    "data sample ", "fetch ", "models ", "convert ", "verify "}) {
    const Outcome outcome = room.run(command + "--help");
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Example")) << command;
    EXPECT_THAT(outcome.out, HasSubstr("residual " + command)) << command;
    EXPECT_EQ(outcome.err, "") << command;
  }
}

TEST(Surface, help_of_train_names_every_promised_option) {
  const std::string help = Room().run("train --help").out;
  for (const char* option : {"--model",      "--data",          "--epochs",          "--batch-size",     "--optimizer",
                             "--lr",         "--momentum",      "--nesterov",        "--weight-decay",   "--schedule",
                             "--warmup",     "--augment",       "--label-smoothing", "--seed",           "--init",
                             "--input",      "--device",        "--threads",         "--loader-threads", "--out",
                             "--resume",     "--shortcut",      "--shortcut-pool",   "--norm",           "--stem",
                             "--block",      "--stride-on-1x1", "--val-split",       "--quiet",          "--json",
                             "--train-size", "--test-size",     "--preprocess"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
}

TEST(Surface, models_lists_networks_with_their_size) {
  const nlohmann::json list = program::json_of(Room().run("models --json").out);
  bool found = false;
  for (const auto& entry : list) {
    if (entry["name"] != "resnet20") continue;
    found = true;
    EXPECT_EQ(entry["parameters"], 269722);
    EXPECT_EQ(entry["input"], "3x32x32");
  }
  EXPECT_TRUE(found);
  EXPECT_THAT(Room().run("models").out, HasSubstr("resnet1202"));
}

TEST(Surface, summary_gives_parameters_macs_and_layers) {
  const Outcome outcome = Room().run("summary resnet20 --json");
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

TEST(Surface, summary_follows_input_shortcut_and_classes) {
  const Room room;
  EXPECT_EQ(program::json_of(room.run("summary resnet20 --shortcut B --json").out)["parameters"], 272474);
  EXPECT_EQ(program::json_of(room.run("summary linear --input 1x28x28 --classes 10 --json").out)["parameters"], 7850);
}

TEST(Surface, summary_follows_every_choice_of_a_network) {
  const Room room;
  const auto parameters = [&](const std::string& options) {
    return program::json_of(room.run("summary " + options + " --json").out)["parameters"];
  };
  EXPECT_EQ(parameters("resnet18 --stem small --classes 10"), parameters("resnet18-small"));
  EXPECT_EQ(parameters("resnet50 --stride-on-1x1"), 25557032);
  EXPECT_EQ(parameters("resnet20 --shortcut-pool max"), 269722);
  EXPECT_EQ(parameters("resnet20 --norm none"), 269034);
  EXPECT_THAT(room.run("summary resnet18 --block separable").out, HasSubstr("times fewer"));
}

TEST(Surface, a_network_may_be_described_in_a_file) {
  const Room room;
  ASSERT_EQ(room.shell("\"$R\" models --describe resnet20 > mine.json").code, 0);
  EXPECT_EQ(program::json_of(room.run("summary mine.json --json").out)["parameters"], 269722);
  room.write("tiny.toml",
             "stages = [{ blocks = 1, width = 8 }]\nstem = { convolutions = [{ channels = 8, kernel = 3, stride = 1 }], max_pool "
             "= false }\n");
  const Outcome outcome = room.run(
      "train --data shapes --model tiny.toml --input 3x8x8 --train-size 64 --test-size 16 --batch-size 32 --epochs 1 --threads 1 "
      "--quiet --out run");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(room.run("summary run/best.safetensors --json").out)["parameters"], 1506);
}

TEST(Surface, summary_with_plan_shows_kernels_and_memory) {
  const std::string text = Room().run("summary resnet8 --input 3x8x8 --plan --threads 1").out;
  EXPECT_THAT(text, HasSubstr("plan for"));
  EXPECT_THAT(text, HasSubstr("reorders"));
  EXPECT_THAT(text, HasSubstr("arena"));
}

TEST(Surface, data_info_writes_a_contact_sheet_and_says_what_is_in_its_rows) {
  const Room room;
  const Outcome outcome = room.run("data info shapes --train-size 20 --test-size 20 --contact-sheet sheet.png");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("sheet.png: 10 pictures a class, a row each, from the top: circle, square"));
  EXPECT_THAT(room.read("sheet.png"), testing::StartsWith("\x89PNG"));
}

TEST(Surface, archives_are_read_as_they_are_and_classes_take_the_names_of_a_file) {
  const Room room;
  for (const char* place : {"train/0", "train/1", "test/0", "test/1"}) {
    ASSERT_EQ(room.run(std::string("data sample shapes --count 2 --out pets/") + place).code, 0);
  }
  ASSERT_EQ(room.shell("tar czf pets.tar.gz pets").code, 0);
  room.write("names.txt", "cat\ndog\n");
  const Outcome outcome = room.run("data info pets.tar.gz --labels names.txt --json");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(outcome.out)["classes"], nlohmann::json({"cat", "dog"}));
  EXPECT_EQ(room.run("data info pets.tar.gz --labels pets.tar.gz").code, 3);
}

TEST(Surface, eval_looks_at_pictures_in_several_crops) {
  const Room room;
  ASSERT_EQ(room.run(program::tiny_training("run") + " --preprocess imagenet").code, 0);
  const std::string eval = "eval run/last.safetensors --data shapes --train-size 10 --test-size 20 --json";
  const nlohmann::json one = program::json_of(room.run(eval).out), ten = program::json_of(room.run(eval + " --crops 10").out);
  EXPECT_EQ(ten["images"], 20);
  EXPECT_NE(one["loss"], ten["loss"]);
  EXPECT_EQ(room.run(eval + " --crops 3").code, 2);
  EXPECT_EQ(room.run("eval " + program::tiny_model().string() + " --data shapes --crops 5").code, 2) << "no centre crop";
}

TEST(Surface, eval_gives_its_six_keys_and_they_agree) {
  const Outcome outcome =
      Room().run("eval " + program::tiny_model().string() + " --data shapes --test-size 40 --threads 1 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::ordered_json json = program::ordered_json_of(outcome.out);
  EXPECT_THAT(program::keys_of(json), ElementsAre("images", "correct", "top1", "top5", "loss", "images_per_second"));
  EXPECT_EQ(json["images"], 40);
  EXPECT_DOUBLE_EQ(json["top1"], json["correct"].get<double>() / 40);
  EXPECT_GE(json["top5"], json["top1"]);
  EXPECT_GT(json["images_per_second"], 0);
}

TEST(Surface, eval_of_another_split_takes_its_pictures) {
  const Outcome outcome =
      Room().run("eval " + program::tiny_model().string() + " --data shapes --split train --train-size 70 --test-size 10 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(program::json_of(outcome.out)["images"], 70);
}

TEST(Surface, bench_gives_its_five_keys) {
  for (const std::string training : {"", " --train"}) {
    const Outcome outcome = Room().run("bench resnet8 --input 3x8x8 --batch-size 2 --threads 1 --seconds 0.01 --json" + training);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const nlohmann::ordered_json json = program::ordered_json_of(outcome.out);
    EXPECT_THAT(program::keys_of(json), ElementsAre("images_per_second", "milliseconds", "gflops", "peak_gflops", "peak_bytes"));
    for (const auto& [key, value] : json.items()) EXPECT_GT(value.get<double>(), 0) << key;
    EXPECT_NEAR(json["images_per_second"].get<double>() * json["milliseconds"].get<double>(), 2000, 1e-6);
  }
}

TEST(Surface, bench_of_a_model_file_shows_the_costliest_steps) {
  const Outcome outcome = Room().run("bench " + program::tiny_model().string() + " --batch-size 2 --threads 1 --seconds 0.01");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("costliest steps"));
  EXPECT_THAT(outcome.out, HasSubstr("pictures/s"));
  EXPECT_THAT(outcome.out, HasSubstr("spread"));
}

TEST(Surface, bench_worker_answers_every_line_and_ends_with_its_input) {
  const Outcome outcome =
      Room().shell("printf '2\\n1\\n' | \"$R\" bench resnet8 --input 3x8x8 --batch-size 1 --threads 1 --worker");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::MatchesRegex("ready [0-9.]+\n[0-9.]+\n[0-9.]+\n"));
}

TEST(Surface, predict_takes_folders_and_standard_input) {
  const Room room;
  const std::string predict = "predict " + program::tiny_model().string();
  for (const char* folder : {"all/b", "all/a/deep", "all/.hidden"})
    ASSERT_EQ(room.run(std::string("data sample shapes --count 1 --out ") + folder).code, 0);
  room.write("all/notes.txt", "no picture, and not asked");
  const Outcome both = room.run(predict + " all - --json < all/b/000-circle.png");
  EXPECT_EQ(both.code, 0) << both.err;
  const nlohmann::json list = program::json_of(both.out);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["picture"], "all/a/deep/000-circle.png");
  EXPECT_EQ(list[1]["picture"], "all/b/000-circle.png");
  EXPECT_EQ(list[2]["picture"], "-");
  EXPECT_EQ(list[1]["predictions"], list[2]["predictions"]);
  EXPECT_EQ(room.run(predict + " - < all/notes.txt").code, 3);
  EXPECT_EQ(room.run(predict + " - - < all/notes.txt").code, 2);
  room.write("none/notes.txt", "");
  const Outcome none = room.run(predict + " none");
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("'none' holds no picture"));
}

TEST(Surface, predict_names_classes_by_a_file) {
  const Room room;
  const std::string predict = "predict " + program::tiny_model().string() + " pictures --labels names --json";
  ASSERT_EQ(room.run("data sample shapes --count 1 --out pictures").code, 0);
  room.write("names", "n0\nn1\nn2\nn3\nn4\nn5\nn6\nn7\nn8\nn9\n");
  const nlohmann::json best = program::json_of(room.run(predict).out)[0]["predictions"][0];
  EXPECT_EQ(best["class"], "n" + std::to_string(best["index"].get<int>()));
  room.write("names", "n0\nn1\nn2\nn3\ncrane\nn5\ncrane\nn7\nn8\nn9\n");
  const Outcome twice = room.run(predict);
  EXPECT_EQ(twice.code, 0);
  EXPECT_THAT(twice.err, HasSubstr("more than one class 'crane'"));
  room.write("names", "one\n");
  const Outcome few = room.run(predict);
  EXPECT_EQ(few.code, 2);
  EXPECT_THAT(few.err, HasSubstr("'names' has 1 names"));
}

TEST(Surface, predict_answers_for_every_picture) {
  const Room room;
  ASSERT_EQ(room.run("data sample shapes --input 3x8x8 --out pictures --count 2").code, 0);
  const Outcome outcome = room.run("predict " + program::tiny_model().string() + " pictures/*.png --top 3 --json");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const nlohmann::json list = program::json_of(outcome.out);
  ASSERT_EQ(list.size(), 2U);
  for (const auto& picture : list) {
    ASSERT_EQ(picture["predictions"].size(), 3U);
    EXPECT_GE(picture["predictions"][0]["probability"], picture["predictions"][1]["probability"]);
  }
  EXPECT_THAT(room.run("predict " + program::tiny_model().string() + " pictures/000-circle.png").out, HasSubstr("%"));
}

TEST(Surface, data_info_counts_pictures) {
  const Outcome outcome = Room().run("data info shapes --train-size 30 --test-size 20 --json");
  EXPECT_THAT(outcome.out, testing::EndsWith("}\n"));
  const nlohmann::json json = program::json_of(outcome.out);
  EXPECT_EQ(json["classes"].size(), 10U);
  EXPECT_EQ(json["train"]["pictures"], 30);
  EXPECT_EQ(json["test"]["pictures"], 20);
}

TEST(Surface, version_is_said) {
  EXPECT_THAT(Room().run("--version").out, testing::MatchesRegex("residual [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Surface, a_reader_that_goes_away_is_no_mistake) {
  const Outcome outcome = Room().shell("\"$R\" models | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(outcome.out, "0\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(Surface, output_that_cannot_be_written_is_said) {
  const Outcome outcome = Room().run("models > /dev/full");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
}

}  // namespace
