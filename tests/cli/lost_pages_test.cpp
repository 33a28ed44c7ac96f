// A model file that is cut short while the program uses it.
#include "cli/process/lost_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "core/system/file.h"
#include "support/surroundings.h"

namespace residual::cli {
namespace {

TEST(LostPages, EndTheProgramWithAMessageAndTheExitCodeOfABadFile) {
  const support::TemporaryFolder folder;
  folder.write("model", std::string(100'000, 'x'));
  const auto read_what_is_lost = [&] {
    explain_lost_pages();
    const Descriptor file(::open((folder / "model").c_str(), O_RDONLY | O_CLOEXEC));
    const auto mapped = map_file(file, 100'000);
    std::filesystem::resize_file(folder / "model", 10);
    volatile std::byte lost = mapped.get()[90'000];
    static_cast<void>(lost);
  };
  EXPECT_EXIT(read_what_is_lost(), ::testing::ExitedWithCode(3), "residual: a file was cut short while it was in use");
}

}  // namespace
}  // namespace residual::cli
