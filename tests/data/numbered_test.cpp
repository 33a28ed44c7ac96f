// Images whose names begin with the number of their class, and names of classes from files.
#include <sys/stat.h>

#include "data/dataset.h"
#include "data/labels.h"
#include "files.h"

namespace residual::data {
namespace {

DataSource open(const fs::path& path, const std::vector<std::string>& names = {}) {
  OpenOptions options;
  options.path = path.string();
  options.class_names = names;
  return open_data(options);
}

std::string photo() {
  return read(golden("jpeg_420.jpg"));
}

void write_signs(const fs::path& folder) {
  for (const char* name : {"0_IMG_5864.jpg", "0_IMG_5975 (1).jpg", "10_IMG_1.jpg", "2_IMG_7.JPG"})
    write(folder / "train_signs" / name, photo());
  for (const char* name : {"0_IMG_1.jpg", "2_IMG_2.png.jpg"}) write(folder / "test_signs" / name, photo());
}

TEST(Numbered, ClassIsTheLeadingNumberOfTheFilesName) {
  const TemporaryFolder folder;
  write_signs(folder / "64x64_SIGNS");
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.format, Format::kNumbered);
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"0", "2", "10"})) << "in the order of the numbers";
  EXPECT_EQ(source.validation, nullptr);
  ASSERT_EQ(source.train->size(), 4);
  EXPECT_EQ(source.train->label(1), 0);
  EXPECT_EQ(source.train->label(2), 2);
  EXPECT_EQ(source.test->label(1), 1);
  EXPECT_EQ(source.train->name(1), (folder / "64x64_SIGNS/train_signs/0_IMG_5975 (1).jpg").string());
}

TEST(Numbered, MayHaveAValidationSplitAndPlainFolderNames) {
  const TemporaryFolder folder;
  write(folder / "train/0_a.jpg", photo());
  write(folder / "train/1_a.jpg", photo());
  write(folder / "val_signs/1_b.jpg", photo());
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.test, nullptr);
  ASSERT_NE(source.validation, nullptr);
  EXPECT_EQ(source.validation->label(0), 1);
}

TEST(Numbered, FilesThatDoNotFitAreRefusedByName) {
  const TemporaryFolder folder;
  write_signs(folder.path());
  write(folder / "train_signs/notes.txt", "notes");
  EXPECT_EQ(open(folder.path()).left_out.files, 1);
  write(folder / "train_signs/photo.jpg", photo());
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"photo.jpg", "number of its class"});
  fs::remove(folder / "train_signs/photo.jpg");
  write(folder / "train_signs/3_text.jpg", "no image");
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"3_text.jpg", "not an image"});
  fs::remove(folder / "train_signs/3_text.jpg");
  write(folder / "test_signs/7_a.jpg", photo());
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"7_a.jpg", "class 7"});
  fs::remove(folder / "test_signs/7_a.jpg");
  write(folder / "train_other/0_a.jpg", photo());
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"train_signs", "train_other"});
}

TEST(Numbered, HostileNamesAreShownWithoutTheirControlCharacters) {
  const TemporaryFolder folder;
  write(folder / "train/0_a.jpg", photo());
  write(folder / "train/1_\033[31mred\n.jpg", "no image");
  try {
    open(folder.path());
    ADD_FAILURE() << "it is no image";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("1_?[31mred?.jpg"), std::string::npos) << message;
  }
}

TEST(ClassNames, ReplaceThoseOfTheData) {
  const TemporaryFolder folder;
  write_signs(folder.path());
  const DataSource source = open(folder.path(), {"zero", "two", "ten"});
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"zero", "two", "ten"}));
  EXPECT_EQ(source.train->classes(), source.test->classes());
  EXPECT_EQ(source.train->label(2), 2);
  expect_error([&] { open(folder.path(), {"zero", "two"}); }, ErrorKind::kUsage, {"2 class names", "3 classes"});
}

TEST(ClassNames, FashionMnistHasItsOwn) {
  const TemporaryFolder folder;
  for (const char* place : {"FashionMNIST/raw", "digits"}) {
    write(folder / place / "train-images-idx3-ubyte", idx_images(2, 2, 2));
    write(folder / place / "train-labels-idx1-ubyte", idx_labels(std::string{9, 0}));
  }
  EXPECT_EQ(open(folder / "FashionMNIST/raw").classes()[9], "Ankle boot");
  EXPECT_EQ(open(folder / "FashionMNIST").classes()[0], "T-shirt/top");
  EXPECT_EQ(open(folder / "digits").classes()[9], "9");
}

TEST(Labels, AreLinesOrJson) {
  const std::vector<std::string> expected{"cat", "dog", "größe"};
  EXPECT_EQ(parse_labels("cat\ndog\ngröße\n\n", "x"), expected);
  EXPECT_EQ(parse_labels("cat\r\ndog\r\ngröße", "x"), expected);
  EXPECT_EQ(parse_labels("\xEF\xBB\xBF"
                         "cat\ndog\ngröße",
                         "x"),
            expected);
  EXPECT_EQ(parse_labels(R"( ["cat", "dog", "größe"] )", "x"), expected);
  EXPECT_EQ(parse_labels(R"({"2": "größe", "0": "cat", "1": "dog"})", "x"), expected);
  EXPECT_EQ(parse_labels(R"({"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "größe"]})", "x"), expected);
  EXPECT_EQ(parse_labels(R"({"architectures": ["ResNet"], "id2label": {"0": "cat", "1": "dog", "2": "größe"}})", "x"), expected);
  EXPECT_EQ(parse_labels(R"({"label_names": ["cat", "dog", "größe"]})", "x"), expected);
}

TEST(Labels, InAnotherFormatAreRefusedByName) {
  const auto refused = [](const std::string& text, const std::string& word) {
    expect_error([&] { parse_labels(text, "names.txt"); }, ErrorKind::kBadFile, {"names.txt", word});
  };
  refused("", "empty");
  refused("\n\n", "empty");
  refused("cat\n\ndog\n", "class 1 is empty");
  refused("cat\xff\n", "UTF-8");
  refused(std::string("ca\0t\n", 5), "zero byte");
  refused("[]", "empty");
  refused("[1]", "not a string");
  refused("[\"a\",", "JSON");
  refused(R"({"0": "a", "2": "b"})", "not an index");
  refused(R"({"0": "a", "00": "b"})", "not an index");
  refused(R"({"0": "a", "-1": "b"})", "not an index");
  refused(R"({"0": "a", "x\u0007": "b"})", "x?");
  refused(R"({"0": "a", "0": "b"})", "twice");
  refused(R"({"0": "a", "1": ""})", "empty");
  refused(R"({"0": []})", "not a string");
}

TEST(Labels, DoNotWaitForAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "names").c_str(), 0600), 0);
  expect_error([&] { read_labels(folder / "names"); }, ErrorKind::kBadFile, {"names", "not a regular file"});
}

}  // namespace
}  // namespace residual::data
