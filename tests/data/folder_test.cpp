#include <map>
#include <set>

#include "data/dataset.h"
#include "files.h"
#include "support/exif.h"

namespace residual::data {
namespace {

DataSource open(const fs::path& path, double val_split = 0, int64_t channels = 0, uint64_t seed = 0) {
  OpenOptions options;
  options.path = path.string();
  options.val_split = val_split;
  options.channels = channels;
  options.seed = seed;
  return open_data(options);
}

void refused(const fs::path& path, std::initializer_list<std::string> words) {
  expect_error([&] { open(path); }, ErrorKind::kBadFile, words);
}

std::string colour() {
  return read(golden("colour.png"));
}
std::string photo() {
  return read(golden("jpeg_420.jpg"));
}

void write_splits(const fs::path& folder, const std::string& other = "test") {
  write(folder / "train/dog/1.png", colour());
  write(folder / "train/cat/b.jpg", photo());
  write(folder / "train/cat/a.PNG", read(golden("one_pixel.png")));
  write(folder / other / "cat/x.jpeg", photo());
  write(folder / other / "dog/y.png", colour());
}

TEST(ImageFolder, ClassesAreTheSortedFolderNames) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.format, Format::kFolder);
  EXPECT_EQ(source.found,
            "image folder: 2 classes, 3 training images, 2 test images (3x29x37); 2 sizes, most often 37 x 29 (2 of 3)");
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(source.train->label(0), 0);
  EXPECT_EQ(source.train->label(2), 1);
  EXPECT_EQ(source.train->name(0), (folder / "train/cat/a.PNG").string());
  EXPECT_EQ(source.train->image(2), decode_image(bytes_of(colour()), "", 3));
  EXPECT_EQ(source.train->image_shape(), (Shape{3, 29, 37}));
}

TEST(ImageFolder, CachedImagesAreTheSame) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  OpenOptions options;
  options.path = folder.path().string();
  const DataSource cached = open_data(options);
  options.cache_bytes = 0;
  const DataSource fresh = open_data(options);
  for (int round = 0; round < 2; ++round) {
    for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(cached.train->image(i), fresh.train->image(i));
  }
  fs::remove(folder / "train/dog/1.png");
  EXPECT_EQ(cached.train->image(2).width, 37);
  expect_error([&] { fresh.train->image(2); }, ErrorKind::kBadFile, {"1.png"});
}

TEST(ImageFolder, ValidationFolderIsTheValidationSplit) {
  for (const char* name : {"val", "validation", "valid"}) {
    const TemporaryFolder folder;
    write_splits(folder.path(), name);
    const DataSource source = open(folder.path());
    EXPECT_EQ(source.test, nullptr) << name;
    ASSERT_NE(source.validation, nullptr) << name;
    EXPECT_EQ(&source.split(""), source.validation.get()) << name;
    expect_error([&] { open(folder.path(), 0.5); }, ErrorKind::kUsage, {"validation split of its own"});
  }
}

TEST(ImageFolder, OneFolderIsSplitByClassAndAlikeEachTime) {
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) write(folder / fmt::format("cat/{}.png", i), colour());
  for (int i = 0; i < 10; ++i) write(folder / fmt::format("dog/{}.png", i), colour());
  const DataSource source = open(folder.path(), 0.2), again = open(folder.path(), 0.2), other = open(folder.path(), 0.2, 0, 1);
  EXPECT_EQ(source.train->size(), 24);
  ASSERT_EQ(source.validation->size(), 6);
  std::vector<std::string> names, other_names;
  std::set<std::string> all;
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(source.validation->label(i), i < 4 ? 0 : 1);
    EXPECT_EQ(source.validation->name(i), again.validation->name(i));
    names.push_back(source.validation->name(i));
    other_names.push_back(other.validation->name(i));
    all.insert(names.back());
  }
  for (int64_t i = 0; i < 24; ++i) all.insert(source.train->name(i));
  EXPECT_EQ(all.size(), 30U);
  EXPECT_NE(names, other_names);
}

TEST(ImageFolder, SplitThatLeavesNothingIsRefused) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  expect_error([&] { open(folder.path(), 0.1); }, ErrorKind::kUsage, {"no validation image"});
}

TEST(ImageFolder, OfGreyImagesIsGreyAndOtherwiseColour) {
  const TemporaryFolder folder;
  write(folder / "a/1.png", read(golden("grey_8.png")));
  write(folder / "b/1.jpg", read(golden("jpeg_grey.jpg")));
  EXPECT_EQ(open(folder.path()).train->image(0).channels, 1);
  EXPECT_EQ(open(folder.path(), 0, 3).train->image(0).channels, 3);
  write(folder / "b/2.png", colour());
  EXPECT_EQ(open(folder.path()).train->image(0).channels, 3);
  EXPECT_EQ(open(folder.path(), 0, 1).train->image(2).channels, 1);
}

TEST(ImageFolder, FilesThatAreNoImagesAreLeftOutAndCounted) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "train/cat/Thumbs.db", "\xD0\xCF\x11\xE0");
  write(folder / "train/cat/a.xml", "<annotation>");
  write(folder / "train/dog/b.xml", "<annotation>");
  write(folder / "train/dog/desktop.ini", "[.ShellClassInfo]");
  write(folder / "train/list", "without an ending, beside the classes");
  write(folder / "train/__MACOSX/cat/._a.png", "hidden");
  write(folder / "__MACOSX/train/cat/._b.png", "hidden beside the splits");
  write(folder / "train/cat/._a.PNG", "hidden beside the image");
  write(folder / "train/.ipynb_checkpoints/a-checkpoint.png", colour());
  write(folder / "test/dog/notes.txt", "these are my notes");
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.train->size(), 3);
  EXPECT_EQ(source.left_out.files, 6);
  EXPECT_EQ(source.left_out.endings,
            (std::map<std::string, int64_t>{{"", 1}, {".db", 1}, {".ini", 1}, {".txt", 1}, {".xml", 2}}));
  EXPECT_EQ(source.left_out.hidden, 4);
  EXPECT_NE(source.found.find("6 files that are no images are left out (without ending 1, .db 1, .ini 1, .txt 1, .xml 2), and 4 "
                              "hidden files"),
            std::string::npos)
      << source.found;
}

TEST(ImageFolder, ImagesAreFoundByContentWhateverTheyAreCalled) {
  const TemporaryFolder folder;
  write(folder / "a/photo", colour());
  write(folder / "a/other.txt", photo());
  write(folder / "b/1.webp", read(golden("formats/lossy.webp")));
  write(folder / "b/really_a_gif.jpg", read(golden("formats/palette.gif")));
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.train->size(), 4);
  EXPECT_EQ(source.left_out.files, 0);
  EXPECT_EQ(source.train->image(3).width, 23);
}

TEST(ImageFolder, AllFilesThatCannotBeReadAreNamedInOneError) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "test/dog/empty.jpg", "");
  write(folder / "test/dog/page.png", "<!DOCTYPE html>");
  write(folder / "train/cat/phone.heic", std::string_view("\0\0\0\x18"
                                                          "ftypheic\0\0",
                                                          14));
  write(folder / "train/dog/half.jpg", photo().substr(0, photo().size() / 2));
  fs::create_symlink(folder / "nowhere.png", folder / "train/dog/link.png");
  refused(folder.path(),
          {"5 of 10 images", "empty.jpg", "page.png", "web page", "phone.heic", "HEIC", "half.jpg", "link.png", "--skip-broken"});
}

TEST(ImageFolder, SkipsImagesThatCannotBeReadOnlyByOption) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "train/dog/half.png", colour().substr(0, colour().size() / 2));
  write(folder / "train/cat/empty.jpg", "");
  OpenOptions options;
  options.path = folder.path().string();
  options.skip_broken = true;
  const DataSource source = open_data(options);
  EXPECT_EQ(source.train->size(), 3);
  ASSERT_EQ(source.broken.size(), 2U);
  EXPECT_EQ(source.broken[0].name, (folder / "train/cat/empty.jpg").string());
  EXPECT_NE(source.found.find("2 images that cannot be read are omitted"), std::string::npos) << source.found;
  fs::remove(folder / "train/dog/1.png");
  expect_error([&] { open_data(options); }, ErrorKind::kBadFile, {"dog", "no image of the class"});
}

TEST(ImageFolder, ImageThatIsCutOffIsNamedWhenRead) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "train/dog/2.jpg", photo().substr(0, photo().size() / 2));
  const DataSource source = open(folder.path());
  expect_error([&] { source.train->image(3); }, ErrorKind::kBadFile, {(folder / "train/dog/2.jpg").string()});
}

TEST(ImageFolder, ClassesThatTrainDoesNotHaveAreRefusedByName) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "test/horse/1.png", colour());
  refused(folder.path(), {"2 classes", "3", "horse", "test only"});
}

TEST(ImageFolder, TestImagesMayBeOfSomeClassesOnly) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  fs::remove_all(folder / "test/cat");
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.test->classes(), (std::vector<std::string>{"cat", "dog"}));
  ASSERT_GT(source.test->size(), 0);
  for (int64_t i = 0; i < source.test->size(); ++i) EXPECT_EQ(source.test->label(i), 1);
}

TEST(ImageFolder, EmptyClassFolderAndFolderWithoutClassesAreRefused) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  fs::create_directories(folder / "train/empty");
  refused(folder.path(), {"train/empty", "no image"});
  fs::remove_all(folder / "train");
  fs::create_directories(folder / "train");
  refused(folder.path(), {"train", "no class folders"});
}

TEST(ImageFolder, ImageBesideTheClassesAndFolderInsideAClassAreRefused) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "train/stray.jpg", photo());
  refused(folder.path(), {"stray.jpg", "class"});
  fs::remove(folder / "train/stray.jpg");
  write(folder / "train/README", "ignored");
  write(folder / "train/cat/.DS_Store", "ignored");
  EXPECT_EQ(open(folder.path()).train->size(), 3);
}

TEST(ImageFolder, FoldersInsideAClassBelongToIt) {
  const TemporaryFolder folder;
  write_splits(folder.path());
  write(folder / "train/cat/more/1.jpg", photo());
  write(folder / "train/cat/more/deeper/2.jpg", photo());
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.train->size(), 5);
  EXPECT_EQ(source.train->label(3), 0);
  fs::create_directory_symlink(folder / "train/cat", folder / "train/cat/more/loop");
  refused(folder.path(), {"loop", "lead back"});
}

TEST(ImageFolder, SplitsInsideOfClassesAreRefused) {
  const TemporaryFolder folder;
  write(folder / "cat/train/1.jpg", photo());
  write(folder / "cat/test/1.jpg", photo());
  write(folder / "dog/train/1.jpg", photo());
  refused(folder.path(), {"cat", "split inside of a class"});
}

TEST(ImageFolder, SplitsAreCalledInAnyCaseAndForm) {
  for (const auto& [train, test] : {std::pair("Train", "Test"), {"training", "testing"}, {"TRAIN", "Testing"}}) {
    const TemporaryFolder folder;
    write(folder / train / "a/1.jpg", photo());
    write(folder / test / "a/1.jpg", photo());
    const DataSource source = open(folder.path());
    EXPECT_TRUE(source.train && source.test) << train;
  }
  const TemporaryFolder folder;
  write(folder / "train/a/1.jpg", photo());
  write(folder / "Training/a/1.jpg", photo());
  refused(folder.path(), {"which of them is the train split"});
}

TEST(ImageFolder, ClassNamesThatAreNotUtf8AreRefused) {
  const TemporaryFolder folder;
  write(folder / "train/caf\xE9/1.jpg", photo());
  refused(folder.path(), {"not UTF-8", "636166e9"});
}

TEST(ImageFolder, InputSizeAndChannelsAreThoseOfAllImages) {
  const TemporaryFolder folder;
  write(folder / "a/0.png", read(golden("one_pixel.png")));
  for (int i = 1; i < 40; ++i) write(folder / fmt::format("a/{}.png", i), read(golden("grey_8.png")));
  write(folder / "a/17.jpg", photo());
  EXPECT_EQ(open(folder.path()).train->image_shape(), (Shape{3, 7, 13})) << "one colour image among forty";
}

TEST(ImageFolder, DataSetsInOtherFormsAreExplained) {
  const std::pair<std::vector<const char*>, const char*> sets[] = {{{"data_batch_1"}, "CIFAR-10's Python version"},
                                                                   {{"train", "test", "meta"}, "CIFAR-100's Python version"},
                                                                   {{"train.csv", "test.csv"}, "Kaggle's MNIST"},
                                                                   {{"fashion-mnist_train.csv"}, "tables"},
                                                                   {{"train-00000-of-00001.parquet"}, "Hugging Face"},
                                                                   {{"X_train.npy", "y_train.npy"}, "NumPy"},
                                                                   {{"train_signs.h5"}, "HDF5"},
                                                                   {{"part1.zip", "part2.zip"}, "archives"}};
  for (const auto& [files, words] : sets) {
    const TemporaryFolder folder;
    for (const char* file : files) write(folder / file, "x");
    refused(folder.path(), {words});
  }
  const TemporaryFolder folder;
  write(folder / "data.7z", "7z");
  refused(folder / "data.7z", {"unpack it", ".tar.xz"});
  write(folder / "mnist_train.CSV", "5,0,0");
  refused(folder / "mnist_train.CSV", {"mnist_train.CSV", "tables"});
}

TEST(ImageFolder, FoldersNamedLikeSplitsAreNotClasses) {
  const TemporaryFolder folder;
  write(folder / "train_signs/a.jpg", photo());
  write(folder / "test_signs/b.jpg", photo());
  refused(folder.path(), {"test_signs", "parts"});
}

TEST(ImageFolder, TheRealCifarFolderIsRead) {
  const fs::path archive = shared_data("cifar10-jpeg.tar.gz");
  if (archive.empty()) GTEST_SKIP() << "no CIFAR-10 beside the repository";
  const TemporaryFolder folder;
  // A tenth of the test images of three classes, for speed.
  const std::string command =
      fmt::format("tar xzf '{}' -C '{}' --wildcards 'test/[bcd]*/0[0-9]?0.jpg'", archive.string(), folder.path().string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"bird", "cat", "deer", "dog"}));
  EXPECT_EQ(source.test->size(), 400);
  EXPECT_EQ(source.test->image_shape(), (Shape{3, 32, 32}));
  for (int64_t i = 0; i < source.test->size(); ++i) EXPECT_EQ(source.test->image(i).pixels.size(), 3072U);
}

TEST(ImageFolder, TurnsImagesUprightOnlyByOption) {
  const TemporaryFolder folder;
  write(folder / "cat/1.jpg", support::jpeg_with(support::tiff(true, 0x0112, 3, 1, 6)));
  OpenOptions options;
  options.path = folder.path().string();
  EXPECT_EQ(open_data(options).train->image(0).width, 37);
  options.exif_orientation = true;
  EXPECT_EQ(open_data(options).train->image(0).width, 29);
}

}  // namespace
}  // namespace residual::data
