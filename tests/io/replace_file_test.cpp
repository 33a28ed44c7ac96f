#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/system/file.h"
#include "samples.h"

namespace residual::io {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(ReplaceFile, ASymbolicLinkStaysAndTheFileBehindItIsReplaced) {
  const TemporaryFolder folder;
  folder.write("real/model", "old");
  fs::create_symlink("real/model", folder / "near");
  fs::create_symlink(folder / "near", folder / "far");
  replace_file(folder / "far", std::string_view("new"));
  EXPECT_EQ(fs::read_symlink(folder / "far"), folder / "near");
  EXPECT_EQ(fs::read_symlink(folder / "near"), "real/model");
  EXPECT_EQ(folder.read("real/model"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "real"), {}), 1);
}

TEST(ReplaceFile, ALinkToAFileThatIsNotThereYetLeadsToTheNewOne) {
  const TemporaryFolder folder;
  fs::create_symlink("model", folder / "link");
  replace_file(folder / "link", std::string_view("new"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(folder.read("model"), "new");
}

TEST(ReplaceFile, LinksInACircleAreRefused) {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  EXPECT_EQ(error_of([&] { replace_file(folder / "a", std::string_view("new")); }).kind(), ErrorKind::kResource);
}

TEST(ReplaceFile, AFileThatWasThereKeepsItsMode) {
  const TemporaryFolder folder;
  for (const mode_t mode : {mode_t{0600}, mode_t{0640}, mode_t{0664}}) {
    folder.write("model", "old");
    ASSERT_EQ(::chmod((folder / "model").c_str(), mode), 0);
    replace_file(folder / "model", std::string_view("new"));
    EXPECT_EQ(mode_of(folder / "model"), mode);
  }
}

}  // namespace
}  // namespace residual::io
