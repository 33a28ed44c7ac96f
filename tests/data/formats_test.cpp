#include <zlib.h>

#include <cmath>

#include "data/dataset.h"
#include "data/files/gzip.h"
#include "data/sources/cifar.h"
#include "data/sources/idx.h"
#include "files.h"

namespace residual::data {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr size_t kPlenty = 10'000;

DataSource open(const fs::path& path) {
  OpenOptions options;
  options.path = path.string();
  return open_data(options);
}

void refused(const fs::path& path, std::initializer_list<std::string> words) {
  expect_error([&] { open(path); }, ErrorKind::kBadFile, words);
}

void write_mnist(const TemporaryFolder& folder) {
  write(folder / "train-images-idx3-ubyte", idx_images(4, 2, 3));
  write(folder / "train-labels-idx1-ubyte", idx_labels({0, 1, 2, 1}));
  write(folder / "t10k-images-idx3-ubyte", idx_images(2, 2, 3));
  write(folder / "t10k-labels-idx1-ubyte", idx_labels({2, 0}));
}

void write_cifar(const fs::path& folder) {
  for (int batch = 1; batch <= 5; ++batch) write(folder / fmt::format("data_batch_{}.bin", batch), cifar_records(3, 3 * batch));
  write(folder / "test_batch.bin", cifar_records(2));
}

TEST(Gzip, UnpacksAllMembers) {
  const std::string packed = gzip("first ") + gzip("second");
  const std::vector<std::byte> bytes = gunzip(bytes_of(packed), "x.gz", kPlenty);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "first second");
}

TEST(Gzip, CutOffOrDamagedIsRefusedByName) {
  const std::string packed = gzip(std::string(5000, 'x') + "and an end");
  for (size_t size = 2; size < packed.size(); ++size) {
    expect_error([&] { gunzip(bytes_of(packed).first(size), "x.gz", kPlenty); }, ErrorKind::kBadFile, {"x.gz", "cut off"});
  }
  std::string altered = packed;
  altered[packed.size() - 6] ^= 1;  // in the checksum
  expect_error([&] { gunzip(bytes_of(altered), "x.gz", kPlenty); }, ErrorKind::kBadFile, {"x.gz", "gzip"});
  expect_error([&] { gunzip(bytes_of(packed + "junk"), "x.gz", kPlenty); }, ErrorKind::kBadFile, {"x.gz"});
}

TEST(Gzip, ThatUnpacksToMoreThanTheLimitIsRefused) {
  const std::string packed = gzip(std::string(5000, 'x'));
  EXPECT_EQ(gunzip(bytes_of(packed), "x.gz", 5000).size(), 5000U);
  expect_error([&] { gunzip(bytes_of(packed), "x.gz", 4999); }, ErrorKind::kBadFile, {"x.gz", "4999"});
}

TEST(Idx, FolderIsRecognisedAndRead) {
  const TemporaryFolder folder;
  write_mnist(folder);
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.format, Format::kIdx);
  EXPECT_EQ(source.found, "IDX files, as MNIST: 3 classes, 4 training images, 2 test images (1x2x3)");
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(source.validation, nullptr);
  EXPECT_EQ(source.train->label(2), 2);
  EXPECT_EQ(source.train->image(3), (Image{1, 2, 3, {30, 31, 32, 33, 34, 35}}));
  EXPECT_EQ(source.train->image_shape(), (Shape{1, 2, 3}));
}

TEST(Idx, MayBeCompressedAndNamedWithADot) {
  const TemporaryFolder folder;
  write(folder / "train-images.idx3-ubyte.gz", gzip(idx_images(2, 5, 5)));
  write(folder / "train-labels.idx1-ubyte.gz", gzip(idx_labels({1, 0})));
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_EQ(source.test, nullptr);
}

TEST(Idx, ThatUnpacksToMoreThanItsSizeCanJustifyIsRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  fs::remove(folder / "train-images-idx3-ubyte");
  // 70 MiB of zeros in about 70 kB: more than 64 MiB and 32 times its size.
  write(folder / "train-images-idx3-ubyte.gz", gzip(std::string(size_t{70} << 20, '\0')));
  refused(folder.path(), {"train-images-idx3-ubyte.gz", "unpacks to more"});
}

TEST(Idx, OfOnePixelImagesIsRead) {
  const TemporaryFolder folder;
  write(folder / "train-images-idx3-ubyte", idx_images(2, 1, 1));
  write(folder / "train-labels-idx1-ubyte", idx_labels({1, 0}));
  EXPECT_EQ(open(folder.path()).train->image(1), (Image{1, 1, 1, {10}}));
}

TEST(Idx, FileMissingEmptyCutOffOrTooLongIsRefusedByName) {
  const std::string images = idx_images(4, 2, 3), labels = idx_labels({0, 1, 2, 1});
  for (const std::string name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}) {
    const TemporaryFolder folder;
    write_mnist(folder);
    fs::remove(folder / name);
    refused(folder.path(), {folder.path().string(), name});
    write(folder / name, "");
    refused(folder.path(), {name, "empty"});
    const std::string& whole = name == "train-images-idx3-ubyte" ? images : labels;
    for (size_t size = 1; size < whole.size(); ++size) {
      write(folder / name, whole.substr(0, size));
      refused(folder.path(), {name});
    }
    write(folder / name, whole + "x");
    refused(folder.path(), {name, "damaged"});
  }
}

TEST(Idx, LabelsInPlaceOfImagesAreRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  write(folder / "train-images-idx3-ubyte", idx_labels("\1\1\1\1\1\1\1\1\1\1\1\1"));
  refused(folder.path(), {"train-images-idx3-ubyte", "0x00000801", "mixed up"});
}

TEST(Idx, AlteredCountsAreRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  for (const std::string& header :
       {big_endian({0x803, 5, 2, 3}), big_endian({0x803, 4, 3, 3}), big_endian({0x803, 4, 0, 3}),
        big_endian({0x803, 0xffffffff, 0xffffffff, 0xffffffff}), big_endian({0x803, 1, 60000, 60000})}) {
    write(folder / "train-images-idx3-ubyte", header + idx_images(4, 2, 3).substr(16));
    refused(folder.path(), {"train-images-idx3-ubyte"});
  }
}

TEST(Idx, ImagesAndLabelsOfDifferentCountAreRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  write(folder / "train-labels-idx1-ubyte", idx_labels({0, 1, 2}));
  refused(folder.path(), {"4 images", "3 labels"});
}

TEST(Idx, TestLabelsThatTrainingDoesNotHaveAreRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  write(folder / "t10k-labels-idx1-ubyte", idx_labels({3, 0}));
  refused(folder.path(), {"3", "2"});
}

TEST(Idx, TestImagesOfAnotherSizeAreRefused) {
  const TemporaryFolder folder;
  write_mnist(folder);
  write(folder / "t10k-images-idx3-ubyte", idx_images(2, 3, 3));
  refused(folder.path(), {"1x2x3", "1x3x3"});
}

TEST(Idx, WithoutAnImageIsRefused) {
  const TemporaryFolder folder;
  write(folder / "train-images-idx3-ubyte", idx_images(0, 2, 3));
  write(folder / "train-labels-idx1-ubyte", idx_labels(""));
  refused(folder.path(), {"no image"});
}

TEST(Cifar, FolderIsRecognisedAndRead) {
  const TemporaryFolder folder;
  write_cifar(folder / "cifar-10-batches-bin");
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.format, Format::kCifar10);
  EXPECT_EQ(source.found, "CIFAR-10 binary: 10 classes, 15 training images, 2 test images (3x32x32)");
  EXPECT_EQ(source.classes()[0], "airplane");
  EXPECT_EQ(source.train->label(4), 7);
  const Image image = source.train->image(4);
  EXPECT_EQ(image.height, 32);
  for (size_t i = 0; i < image.pixels.size(); ++i) ASSERT_EQ(image.pixels[i], 100 * (i % 3) + 1);
}

TEST(Cifar, PixelsGoFromPlanesToRows) {
  std::string record(1, 5);
  for (int i = 0; i < 3072; ++i) record += static_cast<char>(i * 31 >> 3);
  Image image;
  cifar_image(bytes_of(record), kCifar10Format, image);
  for (size_t y : {0U, 7U, 31U}) {
    for (size_t c : {0U, 1U, 2U}) {
      EXPECT_EQ(image.pixels[(y * 32 + 9) * 3 + c], static_cast<uint8_t>(record[1 + c * 1024 + y * 32 + 9]));
    }
  }
}

TEST(Cifar, MayBeCompressedAndHaveItsOwnClassNames) {
  const TemporaryFolder folder;
  for (int batch = 1; batch <= 5; ++batch) write(folder / fmt::format("data_batch_{}.bin.gz", batch), gzip(cifar_records(2)));
  write(folder / "test_batch.bin", cifar_records(1));
  write(folder / "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nlast\n\n");
  const DataSource source = open(folder.path());
  EXPECT_EQ(source.train->size(), 10);
  EXPECT_EQ(source.classes().back(), "last");
  write(folder / "batches.meta.txt", "a\nb\n");
  refused(folder.path(), {"batches.meta.txt", "10 lines"});
}

TEST(Cifar, TestFileAloneIsEnoughToEvaluate) {
  const TemporaryFolder folder;
  write(folder / "test_batch.bin", cifar_records(2));
  EXPECT_EQ(open(folder.path()).train, nullptr);
}

TEST(Cifar, FileMissingEmptyOrCutOffIsRefusedByName) {
  for (const std::string name : {"data_batch_1.bin", "data_batch_4.bin", "test_batch.bin"}) {
    const TemporaryFolder folder;
    write_cifar(folder.path());
    const std::string whole = read(folder / name);
    fs::remove(folder / name);
    refused(folder.path(), {name, "missing"});
    write(folder / name, "");
    refused(folder.path(), {name, "empty"});
    write(folder / name, whole.substr(0, whole.size() - 1));
    refused(folder.path(), {name, "cut off"});
  }
}

TEST(Cifar, BatchCutOffBetweenTwoImagesIsRefused) {
  const TemporaryFolder folder;
  write_cifar(folder.path());
  write(folder / "data_batch_3.bin", cifar_records(2));
  refused(folder.path(), {"data_batch_3.bin", "equally long"});
}

TEST(Cifar, LabelOutOfRangeIsRefusedWithItsIndex) {
  const TemporaryFolder folder;
  write_cifar(folder.path());
  std::string records = cifar_records(3);
  records[3073] = 10;
  write(folder / "data_batch_2.bin", records);
  refused(folder.path(), {"data_batch_2.bin", "image 1", "label 10"});
}

TEST(Cifar, PythonVersionIsNamed) {
  const TemporaryFolder folder;
  write(folder / "data_batch_1", "pickle");
  refused(folder.path(), {"Python", "binary version"});
}

TEST(OpenData, MissingOrUnknownDataIsRefusedWithTheKnownFormats) {
  const TemporaryFolder folder;
  refused(folder / "nowhere", {"nowhere", "shapes"});
  refused(folder.path(), {folder.path().string(), "known format", "data_batch_1.bin"});
  write(folder / "cifar.tar.gz", "x");
  refused(folder / "cifar.tar.gz", {"cifar.tar.gz", "archive"});
  write(folder / "notes.txt", "x");
  refused(folder / "notes.txt", {"is a file"});
  refused("", {"shapes"});
}

TEST(OpenData, OptionsOutOfRangeAreRefused) {
  const auto bad = [](auto change, const std::string& word) {
    OpenOptions options;
    options.path = "shapes";
    change(options);
    expect_error([&] { open_data(options); }, ErrorKind::kUsage, {word});
  };
  bad([](OpenOptions& o) { o.val_split = 1; }, "0.9");
  bad([](OpenOptions& o) { o.val_split = -0.1; }, "-0.1");
  bad([](OpenOptions& o) { o.val_split = std::nan(""); }, "nan");
  bad([](OpenOptions& o) { o.channels = 2; }, "2");
  bad([](OpenOptions& o) { o.train_size = 0; }, "training images");
  bad([](OpenOptions& o) { o.test_size = -1; }, "test images");
  bad([](OpenOptions& o) { o.shapes_height = 100000; }, "height");
  bad([](OpenOptions& o) { o.cache_bytes = -1; }, "cache");
}

TEST(DataSource, NamesItsSplits) {
  const TemporaryFolder folder;
  write_mnist(folder);
  const DataSource source = open(folder.path());
  EXPECT_EQ(&source.split("test"), source.test.get());
  EXPECT_EQ(&source.split(""), source.test.get());
  EXPECT_EQ(&source.split("train"), source.train.get());
  EXPECT_EQ(source.find("val"), nullptr);
  expect_error([&] { source.split("val"); }, ErrorKind::kUsage, {"val", "train, test"});
}

TEST(Mnist, TheRealFilesHaveTheirKnownCounts) {
  const fs::path folder = shared_data("mnist");
  if (folder.empty()) GTEST_SKIP() << "no MNIST beside the repository";
  const DataSource source = open(folder);
  EXPECT_EQ(source.train->size(), 60000);
  EXPECT_EQ(source.test->size(), 10000);
  EXPECT_EQ(source.classes().size(), 10U);
  std::vector<int> counts(10);
  for (int64_t i = 0; i < source.test->size(); ++i) ++counts[static_cast<size_t>(source.test->label(i))];
  EXPECT_EQ(counts, (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
}

TEST(Emnist, IsReadUprightWithItsLettersAsClasses) {
  const TemporaryFolder folder;
  write(folder / "emnist-letters-train-images-idx3-ubyte", idx_images(3, 2, 2));
  write(folder / "emnist-letters-train-labels-idx1-ubyte", idx_labels(std::string("\1\3\2")));
  write(folder / "emnist-letters-test-images-idx3-ubyte", idx_images(1, 2, 2));
  write(folder / "emnist-letters-test-labels-idx1-ubyte", idx_labels(std::string("\2")));
  write(folder / "emnist-letters-mapping.txt", "1 65 97\n2 66 98\n3 67 99\n");
  OpenOptions options;
  options.path = folder.path().string();
  const DataSource source = open_data(options);
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"A/a", "B/b", "C/c"}));
  EXPECT_EQ(source.train->label(1), 2);
  EXPECT_EQ(source.test->label(0), 1);
  EXPECT_EQ(source.train->image(1).pixels, (std::vector<uint8_t>{10, 12, 11, 13})) << "rows and columns change places";
  write(folder / "emnist-digits-train-images-idx3-ubyte", idx_images(3, 2, 2));
  expect_error([&] { open_data(options); }, ErrorKind::kBadFile, {"2 sets of EMNIST", "emnist-digits, emnist-letters"});
}

}  // namespace
}  // namespace residual::data
