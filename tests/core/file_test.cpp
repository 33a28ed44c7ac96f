#include "core/system/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "core/error.h"
#include "support/surroundings.h"

namespace residual {
namespace {

using support::TemporaryFolder;

// The number of a process that has ended.
std::string ended_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return std::to_string(child);
}

TEST(ReplaceFile, RemovesWhatKilledProcessesLeftOfTheSameFile) {
  const TemporaryFolder folder;
  const std::string killed = ".part." + ended_process() + ".0", running = ".part." + std::to_string(::getppid()) + ".0";
  for (const std::string& name : {"model" + killed, "model" + running, "other" + killed}) folder.write(name, "half");
  const Descriptor writer(::open((folder / ("model" + running)).c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
  replace_file(folder / "model", "whole");
  EXPECT_EQ(folder.read("model"), "whole");
  EXPECT_FALSE(folder.has("model" + killed));
  EXPECT_TRUE(folder.has("model" + running)) << "its writer holds the lock";
  EXPECT_TRUE(folder.has("other" + killed)) << "that of another file";
}

TEST(ReadFile, WhereTooManyFilesAreOpenTheErrorIsOfTheKindResource) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "UndefinedBehaviorSanitizer looks at objects through a pipe, for which no descriptor is left";
#endif
  const TemporaryFolder folder;
  folder.write("file", "content");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  std::optional<ErrorKind> kind;
  try {
    read_file(folder / "file");
  } catch (const Error& error) {
    kind = error.kind();
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(kind, ErrorKind::kResource);
}

}  // namespace
}  // namespace residual
