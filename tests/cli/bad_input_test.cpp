// Everything that can be wrong with what the program is given: one clear message, the right exit code, no partial file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "data/png_file.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
using program::Outcome;
using program::Room;
using program::tiny_training;
using testing::HasSubstr;

// One message: every line but those that a message has inside begins with "residual: ".
void expect_refused(const Outcome& outcome, int code, const std::string& part, const std::string& what) {
  EXPECT_EQ(outcome.code, code) << what << "\n" << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: ")) << what;
  EXPECT_THAT(outcome.err, HasSubstr(part)) << what;
}

void refuses(const Room& room, int code, const std::string& arguments, const std::string& part) {
  expect_refused(room.run(arguments), code, part, arguments);
}

TEST(BadInput, options_out_of_range_or_contradicting_each_other_are_usage_mistakes) {
  const Room room;
  const std::string train = "train --data shapes --train-size 32 --test-size 10 --model resnet8 --input 3x8x8 --out run ";
  refuses(room, 2, "", "subcommand");
  refuses(room, 2, "trian", "no command is called 'trian'");
  refuses(room, 2, "train", "--data");
  refuses(room, 2, train + "--bogus 1", "--bogus");
  refuses(room, 2, train + "--epochs abc", "--epochs");
  for (const char* value : {"0", "-1", "99999999999"}) refuses(room, 2, train + "--epochs " + value, "--epochs");
  for (const char* value : {"0", "-1", "70000"}) refuses(room, 2, train + "--batch-size " + value, "--batch-size");
  for (const char* value : {"0", "-0.1", "nan", "inf"}) refuses(room, 2, train + "--lr " + value, "learning rate");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(room, 2, train + "--momentum " + value, "the momentum");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(room, 2, train + "--label-smoothing " + value, "label smoothing");
  for (const char* value : {"-1", "nan", "inf"}) refuses(room, 2, train + "--weight-decay " + value, "weight decay");
  for (const char* value : {"1", "-0.1", "nan"}) refuses(room, 2, train + "--val-split " + value, "split");
  for (const char* value : {"-1", "100000"}) refuses(room, 2, train + "--threads " + value, "--threads");
  for (const char* value : {"0", "1000"}) refuses(room, 2, train + "--loader-threads " + value, "--loader-threads");
  refuses(room, 2, train + "--warmup -1", "warm-up");
  refuses(room, 2, train + "--optimizer sdg", "optimizer");
  refuses(room, 2, train + "--schedule stairs", "schedule");
  refuses(room, 2, train + "--augment mixup", "augmentation");
  refuses(room, 2, train + "--init zero", "init");
  refuses(room, 2, train + "--device tpu", "--device");
  refuses(room, 2, train + "--optimizer adam --nesterov", "Nesterov");
  refuses(room, 2, train + "--optimizer adam --momentum 0.9", "--momentum");
  refuses(room, 2, train + "--nesterov --momentum 0", "Nesterov");
  refuses(room, 2, train + "--schedule multistep", "milestones");
  refuses(room, 2, train + "--milestones 1,2", "milestones");
  refuses(room, 2, train + "--schedule multistep --milestones 5,2", "milestones");
  refuses(room, 2, train + "--step-epochs 3", "--step-epochs");
  refuses(room, 2, train + "--gamma 0.5", "--gamma");
  refuses(room, 2, train + "--mean 0.5,0.5,0.5", "--std is missing");
  refuses(room, 2, train + "--mean 0.5 --std 0.5", "channels");
  refuses(room, 2, train + "--mean 0,0,0 --std 1,1,0", "--std");
  refuses(room, 2, train + "--shortcut D", "shortcut");
  refuses(room, 2, train + "--preprocess imagnet", "imagenet-v2");
  refuses(room, 2, train + "--preprocess mnist --mean 0,0,0 --std 1,1,1", "--preprocess");
  room.write("config.json", "{\"pretrained_cfg\": {\"crop_pct\": -1}}");
  refuses(room, 3, train + "--preprocess config.json", "'config.json': 'crop_pct'");
  EXPECT_FALSE(fs::exists(room / "run")) << "a run that is refused leaves nothing";
}

TEST(BadInput, networks_that_do_not_exist_or_do_not_fit_are_usage_mistakes) {
  const Room room;
  refuses(room, 2, "summary resnet21", "residual models");
  refuses(room, 2, "summary resnet20 --shortcut X", "shortcut");
  refuses(room, 2, "summary plain20 --shortcut A", "plain");
  for (const char* value : {"0", "1", "-1"}) refuses(room, 2, std::string("summary resnet20 --classes ") + value, "--classes");
  refuses(room, 2, "summary resnet20 --stem tiny", "the stem is 'tiny', expected small or published");
  refuses(room, 2, "summary resnet20 --norm layer", "normalization");
  refuses(room, 2, "summary resnet20 --stride-on-1x1", "bottleneck");
  refuses(room, 2, "summary vgg16 --block separable", "no residual network");
  refuses(room, 2, "summary modern-densenet --input 1x28x28", "at least 32x32");
  room.write("bad.toml", "stages = [{ blocks = 1, widht = 8 }]");
  refuses(room, 3, "summary bad.toml", "'widht' is not known here");
  refuses(room, 3, "train --data shapes --model nothing.json --out run", "nothing.json");
  for (const char* input : {"3x32", "3x0x32", "2x32x32", "3x32x32x1", "axbxc", "3x99999x9", "3x-1x3"}) {
    refuses(room, 2, std::string("summary resnet20 --input ") + input, "--input");
  }
  refuses(room, 2, "train --data shapes --model plain20 --shortcut A --out run", "plain");
  refuses(room, 2, "train --data shapes --train-size 20 --test-size 10 --out run", "batch size");
  refuses(room, 2, "bench resnet20 --json --worker", "--worker");
  for (const char* value : {"-1e-6", "nan", "inf"}) {
    refuses(room, 2, std::string("verify a.pth b.pth --tolerance ") + value, "--tolerance");
  }
  refuses(room, 2, "eval " + program::tiny_model().string() + " --data shapes --split validation", "validation");
}

TEST(BadInput, what_looks_like_weights_is_a_file_and_not_a_networks_name) {
  const Room room;
  room.write("hub/notes.txt", "no weights");
  room.write("resnet8/notes.txt", "a folder called like a network");
  for (const std::string command : {"summary ", "bench "}) {
    for (const std::string file : {"x.pth", "x.pt", "x.th", "x.onnx", "x.bin", "hub"})
      refuses(room, 3, command + file, "'" + file + "'");
  }
  EXPECT_EQ(room.run("summary resnet8").code, 0);
}

TEST(BadInput, cuda_is_refused_with_its_reason) {
  const Room room;
  for (const char* command : {"train --data shapes", "bench resnet8", "summary resnet8"}) {
    refuses(room, 2, std::string(command) + " --device cuda", "no CUDA");
  }
}

TEST(BadInput, data_that_is_missing_or_not_understood_is_a_bad_file) {
  const Room room;
  refuses(room, 3, "train --data nowhere --out run", "nowhere");
  room.write("empty/.keep", "");
  refuses(room, 3, "train --data empty --out run", "empty");
  room.write("file.txt", "hello");
  refuses(room, 3, "data info file.txt", "file.txt");
  room.write("mnist/train-images-idx3-ubyte", "");
  refuses(room, 3, "data info mnist", "train");
  room.write("cifar/data_batch_1.bin", std::string(3072, 'x'));
  refuses(room, 3, "data info cifar", "data_batch");
  EXPECT_FALSE(fs::exists(room / "run"));
}

TEST(BadInput, a_folder_with_a_picture_that_is_none_is_refused_by_its_name) {
  const Room room;
  ASSERT_EQ(room.run("data sample shapes --out data/train/a --count 4").code, 0);
  ASSERT_EQ(room.run("data sample shapes --out data/train/b --count 4").code, 0);
  room.write("data/train/b/text.png", "no picture at all");
  refuses(room, 3, "train --data data --model linear --batch-size 4 --out run", "text.png");
}

TEST(BadInput, class_folders_that_differ_between_train_and_test_are_refused) {
  const Room room;
  for (const char* folder : {"train/a", "train/b", "test/a", "test/b", "test/c"}) {
    ASSERT_EQ(room.run(std::string("data sample shapes --count 1 --out data/") + folder).code, 0);
  }
  refuses(room, 3, "data info data", "'c' is in test only");
}

TEST(BadInput, a_model_is_not_evaluated_on_data_of_other_classes) {
  const Room room;
  for (const char* folder : {"test/a", "test/b"}) {
    ASSERT_EQ(room.run(std::string("data sample shapes --count 2 --out data/") + folder).code, 0);
  }
  refuses(room, 2, "eval " + program::tiny_model().string() + " --data data", "classes");
}

TEST(BadInput, pictures_to_predict_are_named_when_they_are_bad_and_the_others_are_answered) {
  const Room room;
  ASSERT_EQ(room.run("data sample shapes --out . --count 1").code, 0);
  room.write("text.png", "no picture");
  room.write("empty.jpg", "");
  room.write("cut.png", room.read("000-circle.png").substr(0, 200));
  // A PNG that claims 60,000 x 60,000 pixels.
  std::string bomb = room.read("000-circle.png");
  bomb.replace(16, 8, std::string("\x00\x00\xea\x60\x00\x00\xea\x60", 8));
  room.write("bomb.png", bomb);
  const std::string model = program::tiny_model().string();
  for (const char* name : {"text.png", "empty.jpg", "cut.png", "bomb.png", "nowhere.png"}) {
    refuses(room, 3, "predict " + model + " " + name, name);
  }
  const Outcome outcome = room.run("predict " + model + " text.png 000-circle.png");
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, HasSubstr("000-circle.png\n"));
}

TEST(BadInput, a_picture_too_long_to_be_resized_is_named_and_the_others_are_answered) {
  const Room room;
  ASSERT_EQ(room.run("data sample shapes --out . --count 1").code, 0);
  residual::data::write_png(room / "long.png", {1, 1, 65536, std::vector<uint8_t>(65536)});
  room.write("steps.json", R"([{"step":"decode","channels":3},{"step":"divide","by":255},{"step":"resize","size":[8,8]}])");
  const Outcome outcome =
      room.run("predict " + program::tiny_model().string() + " long.png 000-circle.png --preprocess steps.json");
  expect_refused(outcome, 3, "'long.png': a picture cannot be resized from 65536 x 1", "long.png");
  EXPECT_THAT(outcome.out, HasSubstr("000-circle.png\n"));
}

TEST(BadInput, a_picture_of_one_pixel_is_a_picture) {
  const Room room;
  ASSERT_EQ(room.run("data sample shapes --out . --count 1").code, 0);
  // 1x1 grey PNG.
  const std::string pixel(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x78\x9c\x63\x68\0\0\0\x82\0\x81"
      "\x77\xcd"
      "\x72\xb6\0\0\0\0IEND\xae\x42\x60\x82",
      67);
  room.write("pixel.png", pixel);
  const Outcome outcome = room.run("predict " + program::tiny_model().string() + " pixel.png");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(BadInput, a_model_file_that_is_cut_or_altered_anywhere_is_a_bad_file) {
  const Room room;
  std::string bytes;
  {
    std::ifstream file(program::tiny_model(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    room.write("model.safetensors", std::string_view(bytes).substr(0, size));
    refuses(room, 3, "eval model.safetensors --data shapes", "model.safetensors");
  }
  for (const size_t place : {size_t{3}, size_t{40}, size_t{400}, bytes.size() / 2, bytes.size() - 2}) {
    std::string altered = bytes;
    altered[place] = static_cast<char>(altered[place] ^ 0x20);
    room.write("model.safetensors", altered);
    refuses(room, 3, "eval model.safetensors --data shapes", "model.safetensors");
  }
  refuses(room, 3, "summary nowhere.safetensors", "nowhere.safetensors");
  refuses(room, 3, "predict . x.png", "'.'");
}

TEST(BadInput, a_checkpoint_of_another_run_is_refused_and_stays) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run")).code, 0);
  const std::string before = room.read("run/checkpoint.safetensors");
  refuses(room, 2, tiny_training("run") + " --resume --lr 0.5", "another run");
  EXPECT_TRUE(room.read("run/checkpoint.safetensors") == before);
}

TEST(BadInput, a_damaged_checkpoint_is_a_bad_file_and_stays) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run")).code, 0);
  const std::string cut = room.read("run/checkpoint.safetensors").substr(0, 5000);
  room.write("run/checkpoint.safetensors", cut);
  refuses(room, 3, tiny_training("run") + " --resume", "checkpoint.safetensors");
  EXPECT_TRUE(room.read("run/checkpoint.safetensors") == cut);
}

TEST(BadInput, a_loss_that_is_not_finite_ends_training_with_its_own_code_and_keeps_the_checkpoint) {
  const Room room;
  const Outcome outcome = room.run(tiny_training("run", 3) + " --lr 1e30 --warmup 0");
  expect_refused(outcome, 4, "learning rate", "lr 1e30");
  EXPECT_TRUE(fs::exists(room / "run/checkpoint.safetensors"));
  EXPECT_THAT(program::partial_files(room.path()), testing::IsEmpty());
}

TEST(BadInput, an_output_folder_that_cannot_be_made_or_written_is_a_resource_problem) {
  const Room room;
  room.write("file", "");
  refuses(room, 5, tiny_training("file/run"), "file/run");
  refuses(room, 5, tiny_training("file"), "file");
  refuses(room, 5, tiny_training("/proc/residual"), "/proc/residual");
}

TEST(BadInput, a_disk_that_fills_up_while_saving_is_a_resource_problem_and_the_checkpoint_before_stays) {
  const Room room;
  ASSERT_EQ(room.run(tiny_training("run", 1)).code, 0);
  const std::string before = room.read("run/checkpoint.safetensors");
  // No file may grow beyond 100 KiB: the checkpoint does.
  const Outcome outcome = room.run(
      "train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 --batch-size 16 "
      "--threads 1 --epochs 1 --out run --seed 1",
      "ulimit -f 100;");
  expect_refused(outcome, 5, "cannot write", "ulimit -f");
  EXPECT_TRUE(room.read("run/checkpoint.safetensors") == before);
  EXPECT_THAT(program::partial_files(room.path()), testing::IsEmpty());
}

TEST(BadInput, memory_that_is_not_there_is_a_resource_problem) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take more address space than the limit of this test";
#endif
  const Outcome outcome =
      Room().run("bench resnet20 --input 3x1024x1024 --batch-size 4096 --threads 1 --json", "ulimit -v 4000000;");
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_THAT(outcome.err, testing::StartsWith("residual: "));
}

}  // namespace
