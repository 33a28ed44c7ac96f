#include "data/files/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "data/dataset.h"
#include "data/files/gzip.h"
#include "files.h"

namespace residual::data {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

enum class Kind { kTar, kTarGz, kZip };

// An archive of files, made by libarchive; a name that ends in " -> x" is a symbolic link to x.
std::string packed(const Files& files, Kind kind) {
  std::string bytes(size_t{8} << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  kind == Kind::kZip ? archive_write_set_format_zip(writer) : archive_write_set_format_pax_restricted(writer);
  if (kind == Kind::kTarGz) archive_write_add_filter_gzip(writer);
  EXPECT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    const size_t arrow = name.find(" -> ");
    archive_entry_set_pathname(entry, name.substr(0, arrow).c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, arrow == std::string::npos ? AE_IFREG : AE_IFLNK);
    if (arrow != std::string::npos) archive_entry_set_symlink(entry, name.substr(arrow + 4).c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

std::string text_of(const FileTree& tree, const std::string& path) {
  const std::vector<std::byte> bytes = tree.read(path, 1000);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> names_in(const FileTree& tree, const std::string& folder) {
  std::vector<std::string> names;
  for (const FileTree::Entry& entry : tree.list(folder)) names.push_back(entry.name + (entry.folder ? "/" : ""));
  return names;
}

DataSource open(const fs::path& path, OpenOptions options = {}) {
  options.path = path.string();
  return open_data(options);
}

class Archive : public testing::TestWithParam<Kind> {};

TEST_P(Archive, IsATreeOfItsFiles) {
  const std::string bytes = packed({{"./b/two.txt", "2"}, {"a.txt", "1"}, {"b/c/three.txt", "333"}}, GetParam());
  const auto tree = archive_in_memory(bytes_of(bytes), "some.archive");
  EXPECT_EQ(names_in(*tree, ""), (std::vector<std::string>{"a.txt", "b/"}));
  EXPECT_EQ(names_in(*tree, "b"), (std::vector<std::string>{"c/", "two.txt"}));
  EXPECT_EQ(text_of(*tree, "b/c/three.txt"), "333");
  EXPECT_EQ(tree->start_of("b/c/three.txt", 2).size(), 2U);
  EXPECT_TRUE(tree->is_folder("b/c"));
  EXPECT_FALSE(tree->is_file("b/c"));
  EXPECT_EQ(tree->where("a.txt"), "some.archive/a.txt");
  expect_error([&] { tree->read("b/c/three.txt", 2); }, ErrorKind::kBadFile, {"some.archive/b/c/three.txt", "3 bytes"});
  expect_error([&] { tree->read("none", 2); }, ErrorKind::kBadFile, {"some.archive/none"});
  expect_error([&] { tree->list("none"); }, ErrorKind::kBadFile, {"some.archive/none"});
}

TEST_P(Archive, WritesNothingAndOmitsPathsThatLeadOutsideAndHiddenFiles) {
  const std::string bytes = packed({{"../outside.txt", "x"},
                                    {"a/../../outside.txt", "x"},
                                    {"/etc/absolute.txt", "x"},
                                    {".DS_Store", "x"},
                                    {"__MACOSX/a.txt", "x"},
                                    {"a.txt", "1"},
                                    {"link -> /etc/passwd", ""}},
                                   GetParam());
  const auto tree = archive_in_memory(bytes_of(bytes), "x");
  EXPECT_EQ(names_in(*tree, ""), (std::vector<std::string>{"a.txt", "etc/", "link"}));
  EXPECT_EQ(tree->hidden_files(), 4);
  expect_error([&] { tree->read("link", 10); }, ErrorKind::kBadFile, {"link", "/etc/passwd", "not in the archive"});
  EXPECT_EQ(text_of(*tree, "etc/absolute.txt"), "x") << "a name like any other";
}

TEST_P(Archive, LinksWithinItAreTheFilesAndFoldersTheyLeadTo) {
  const std::string bytes = packed({{"train/a/1.txt", "one"},
                                    {"train/a/2.txt -> 1.txt", ""},
                                    {"train/a/3.txt -> ../a/2.txt", ""},
                                    {"train/b -> a", ""},
                                    {"test -> ./train", ""},
                                    {"train/loop -> ..", ""},
                                    {"train/self -> self", ""},
                                    {"train/a/gone.txt -> nothing", ""}},
                                   GetParam());
  const auto tree = archive_in_memory(bytes_of(bytes), "x");
  for (const char* path : {"train/a/2.txt", "train/a/3.txt", "train/b/1.txt", "train/b/3.txt", "test/a/1.txt", "test/b/2.txt"})
    EXPECT_EQ(text_of(*tree, path), "one") << path;
  for (const char* path : {"train/loop", "train/self", "train/a/gone.txt"})
    expect_error([&] { tree->read(path, 10); }, ErrorKind::kBadFile, {path, "is a link"});
}

TEST_P(Archive, CutOffOrAlteredIsReadOrRefusedByName) {
  const std::string bytes = packed({{"a/b.txt", "some text"}, {"c.txt", std::string(600, 'c')}}, GetParam());
  const auto attempt = [](const std::string& file) {
    try {
      archive_in_memory(bytes_of(file), "x.archive");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadFile) << error.what();
      EXPECT_NE(std::string(error.what()).find("x.archive"), std::string::npos) << error.what();
    }
  };
  const size_t most = std::min<size_t>(bytes.size(), 4096);
  for (size_t at = 0; at < most; at += 1) {
    attempt(bytes.substr(0, at));
    std::string altered = bytes;
    altered[at] = static_cast<char>(altered[at] ^ 0x41);
    attempt(altered);
  }
}

TEST_P(Archive, OfAnImageFolderIsADataSetUnderItsRootFolder) {
  const TemporaryFolder folder;
  const std::string photo = read(golden("jpeg_420.jpg")), colour = read(golden("colour.png"));
  const char* ending = GetParam() == Kind::kZip ? ".zip" : GetParam() == Kind::kTar ? ".tar" : ".tar.gz";
  const fs::path path = folder / (std::string("pets") + ending);
  write(path, packed({{"pets/train/cat/1.jpg", photo},
                      {"pets/train/dog/1.png", colour},
                      {"pets/test/cat/2.jpg", photo},
                      {"pets/test/dog/2.png", colour},
                      {"pets/README", "about"}},
                     GetParam()));
  const DataSource source = open(path);
  EXPECT_EQ(source.format, Format::kFolder);
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(source.train->name(1), path.string() + "/pets/train/dog/1.png");
  EXPECT_EQ(source.test->image(1), decode_image(bytes_of(colour), "", 3));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Archive, testing::Values(Kind::kTar, Kind::kTarGz, Kind::kZip), [](const auto& each) {
  return each.param == Kind::kTar ? "tar" : each.param == Kind::kTarGz ? "tar_gz" : "zip";
});

TEST(ArchiveFile, ThatIsABombIsRefused) {
  // 100 MiB of zeros in about 100 kB: more than 64 MiB and 32 times its size.
  std::string bytes(size_t{1} << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  ASSERT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "zeros");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, la_int64_t{100} << 20);
  archive_write_header(writer, entry);
  const std::vector<char> zeros(size_t{1} << 20);
  for (int i = 0; i < 100; ++i) archive_write_data(writer, zeros.data(), zeros.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  expect_error([&] { archive_in_memory(bytes_of(bytes), "bomb.zip"); }, ErrorKind::kBadFile, {"bomb.zip", "unpacks to more"});
}

TEST(ArchiveFile, UnpacksItsGzipFilesWithinOneLimit) {
  // 36 MiB of zeros as 36 kB of gzip, inside of which another gzip would hide as much: one fits into 64 MiB, two do not.
  const std::string zeros(size_t{36} << 20, '\0');
  std::string member(size_t{1} << 20, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  member.resize(member.size() - stream.avail_out);
  deflateEnd(&stream);
  const auto tree = archive_in_memory(bytes_of(packed({{"a/one.gz", member}, {"a/two.gz", member}}, Kind::kZip)), "bomb.zip");
  EXPECT_EQ(read_plain_or_gzip(*subtree(tree, "a"), "one.gz").size(), zeros.size());
  expect_error([&] { read_plain_or_gzip(*tree, "a/two.gz"); }, ErrorKind::kBadFile, {"bomb.zip/a/two.gz", "unpacks to more"});
}

// GNU tar stores the second of two names of one file as a hard link; made by `tar cf` of a folder with `ln a/1.txt a/2.txt`.
TEST(ArchiveFile, HardLinksAreTheFilesTheyLeadTo) {
  const TemporaryFolder folder;
  write(folder / "set/a/1.png", read(golden("colour.png")));
  write(folder / "set/b/3.png", read(golden("grey_8.png")));
  fs::create_hard_link(folder / "set/a/1.png", folder / "set/a/2.png");
  fs::create_hard_link(folder / "set/a/1.png", folder / "set/b/4.png");
  ASSERT_EQ(std::system(fmt::format("tar -C '{0}' -cf '{0}/set.tar' set", folder.path().string()).c_str()), 0);
  const DataSource source = open(folder / "set.tar");
  EXPECT_EQ(source.train->size(), 4);
  EXPECT_EQ(source.train->image(1), source.train->image(0));
  EXPECT_EQ(source.train->image(3), source.train->image(0));
}

TEST(ArchiveFile, CompressedByXzOrBzip2IsReadWithinItsLimit) {
  const TemporaryFolder folder;
  write(folder / "set/a/1.png", read(golden("colour.png")));
  write(folder / "set/zeros", std::string(size_t{80} << 20, '\0'));
  for (const auto& [option, ending] : {std::pair("J", "tar.xz"), {"j", "tar.bz2"}}) {
    const auto pack = [&](const char* what, const std::string& name) {
      ASSERT_EQ(
          std::system(
              fmt::format("tar -C '{}' -c{}f '{}' {}", folder.path().string(), option, (folder / name).string(), what).c_str()),
          0);
    };
    const std::string name = std::string("set.") + ending, bomb = std::string("bomb.") + ending;
    pack("set/a", name);
    EXPECT_EQ(open(folder / name).train->size(), 1) << ending;
    pack("set", bomb);
    expect_error([&] { open(folder / bomb); }, ErrorKind::kBadFile, {bomb, "unpacks to more"});
  }
}

TEST(ArchiveFile, WithoutAFileIsRefused) {
  expect_error([] { archive_in_memory(bytes_of(packed({}, Kind::kTar)), "empty.tar"); }, ErrorKind::kBadFile, {"empty.tar"});
  expect_error([] { archive_in_memory(bytes_of(""), "empty.tar"); }, ErrorKind::kBadFile, {"empty.tar"});
}

TEST(ArchiveFile, OfCifarIsReadAsItIsPublished) {
  const TemporaryFolder folder;
  Files files;
  for (int batch = 1; batch <= 5; ++batch)
    files.emplace_back(fmt::format("cifar-10-batches-bin/data_batch_{}.bin", batch), cifar_records(2, batch));
  files.emplace_back("cifar-10-batches-bin/test_batch.bin", cifar_records(3));
  files.emplace_back("cifar-10-batches-bin/readme.html", "about");
  write(folder / "cifar-10-binary.tar.gz", packed(files, Kind::kTarGz));
  const DataSource source = open(folder / "cifar-10-binary.tar.gz");
  EXPECT_EQ(source.format, Format::kCifar10);
  EXPECT_EQ(source.train->size(), 10);
  EXPECT_EQ(source.train->label(2), 2);
}

std::string cifar100_record(char coarse, char fine) {
  return std::string{coarse, fine} + std::string(1024, 1) + std::string(1024, 2) + std::string(1024, 3);
}

std::string lines(const std::string& stem, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{}{}\n", stem, i);
  return text;
}

TEST(Cifar100, HasFineClassesOrCoarseOnes) {
  const TemporaryFolder folder;
  const Files files{{"cifar-100-binary/train.bin", cifar100_record(3, 99) + cifar100_record(19, 0)},
                    {"cifar-100-binary/test.bin", cifar100_record(1, 2)},
                    {"cifar-100-binary/fine_label_names.txt", lines("fine", 100)},
                    {"cifar-100-binary/coarse_label_names.txt", lines("coarse", 20)}};
  write(folder / "cifar-100-binary.tar.gz", packed(files, Kind::kTarGz));
  const DataSource fine = open(folder / "cifar-100-binary.tar.gz");
  EXPECT_EQ(fine.format, Format::kCifar100);
  EXPECT_EQ(fine.classes().size(), 100U);
  EXPECT_EQ(fine.classes()[99], "fine99");
  EXPECT_EQ(fine.train->label(0), 99);
  const Image image = fine.test->image(0);
  EXPECT_EQ(image.pixels[0], 1);
  EXPECT_EQ(image.pixels[3071], 3);
  OpenOptions options;
  options.coarse_labels = true;
  const DataSource coarse = open(folder / "cifar-100-binary.tar.gz", options);
  EXPECT_EQ(coarse.classes().size(), 20U);
  EXPECT_EQ(coarse.train->label(1), 19);
}

TEST(Cifar100, DamagedIsRefusedByName) {
  const TemporaryFolder folder;
  write(folder / "train.bin", cifar100_record(3, 100));
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"train.bin", "label 100", "CIFAR-100"});
  write(folder / "train.bin", cifar100_record(3, 1).substr(1));
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"train.bin", "3074"});
  fs::remove(folder / "train.bin");
  write(folder / "fine_label_names.txt", "a\n");
  expect_error([&] { open(folder.path()); }, ErrorKind::kBadFile, {"100 lines"});
}

TEST(ArchiveFile, TheRealSignsAreReadWithoutUnpackingByHand) {
  const fs::path path = shared_data("signs64.tar.gz");
  if (path.empty()) GTEST_SKIP() << "no SIGNS beside the repository";
  const DataSource source = open(path);
  EXPECT_EQ(source.format, Format::kNumbered);
  EXPECT_EQ(source.found,
            "images with class numbers in their names, as SIGNS: 6 classes, 864 training images, 216 validation images, 120 test "
            "images (3x64x64)");
  EXPECT_EQ(source.classes(), (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
  std::vector<int> counts(6);
  for (int64_t i = 0; i < source.test->size(); ++i) ++counts[static_cast<size_t>(source.test->label(i))];
  EXPECT_EQ(counts, (std::vector<int>{20, 20, 20, 20, 20, 20}));
  EXPECT_EQ(source.test->name(4), path.string() + "/64x64_SIGNS/test_signs/0_IMG_5975 (1).jpg");
}

TEST(ArchiveFile, ThatIsEncryptedIsRefused) {
  std::string bytes = packed({{"a/1.txt", "one"}, {"a/2.txt", "two"}}, Kind::kZip);
  ASSERT_EQ(archive_in_memory(bytes_of(bytes), "x.zip")->list("a").size(), 2U);
  // The flag of the second file, in its own header and in the directory at the end.
  bytes[bytes.find("PK\3\4", 4) + 6] |= 1;
  bytes[bytes.find("PK\1\2", bytes.find("PK\1\2") + 4) + 8] |= 1;
  expect_error([&] { archive_in_memory(bytes_of(bytes), "x.zip"); }, ErrorKind::kBadFile, {"x.zip", "encrypted", "a/2.txt"});
}

}  // namespace
}  // namespace residual::data
