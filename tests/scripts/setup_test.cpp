// scripts/setup where something is missing: in one line it says what, why, and how to go on. The system's programs are replaced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/program.h"

namespace {

using program::Outcome;
using testing::AllOf;
using testing::HasSubstr;

// A system on which `missing` packages are not installed, with scripts in place of its programs.
class System : public program::Workspace {
 public:
  explicit System(const std::string& missing) {
    add("dpkg-query", R"(for last; do :; done; case " )" + missing + R"( " in *" $last "*) exit 1 ;; esac; echo installed)");
    user(0);
    add("apt-get", "echo \"$*\" >>calls");
  }

  void add(const std::string& name, const std::string& script) const {
    write("bin/" + name, "#!/bin/bash\n" + script + "\n");
    std::filesystem::permissions(*this / "bin" / name, std::filesystem::perms::owner_all);
  }
  void user(int id) const { add("id", "echo " + std::to_string(id)); }

  Outcome setup(const std::string& level = "build") const {
    return shell("PATH=\"$PWD/bin:$PATH\" '" RESIDUAL_SOURCE_DIR "/scripts/setup' " + level + " </dev/null");
  }

 private:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((*this / name).parent_path());
    TemporaryFolder::write(name, text);
  }
};

// apt-get as it is without a network.
constexpr const char* kNoNetwork =
    R"(case "$*" in *update*) echo "E: Some index files failed to download." >&2 ;; *) echo "E: Unable to locate package" >&2 ;; esac; exit 100)";

int64_t lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Setup, SaysAndDoesNothingWhereAllIsInstalled) {
  const System system("");
  const Outcome outcome = system.setup();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_FALSE(system.has("calls"));
}

TEST(Setup, InstallsWhatIsMissing) {
  const System system("libzip-dev cmake");
  const Outcome outcome = system.setup();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "setup: installing cmake libzip-dev\n");
  EXPECT_THAT(system.read("calls"),
              AllOf(HasSubstr("update\n"), HasSubstr("install -y --no-install-recommends cmake libzip-dev\n")));
}

TEST(Setup, WithoutANetworkNamesThePackagesAndTheReasonInOneLine) {
  const System system("libzip-dev");
  system.add("apt-get", kNoNetwork);
  const Outcome outcome = system.setup();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(lines(outcome.err), 1) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("could not install libzip-dev"), HasSubstr("Unable to locate package"),
                                 HasSubstr("is there a network?")));
}

TEST(Setup, WhereSudoAsksForAPasswordGivesTheCommandInOneLine) {
  const System system("libzip-dev");
  system.user(1000);
  system.add("sudo", "echo 'sudo: a password is required' >&2; exit 1");
  const Outcome outcome = system.setup();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(lines(outcome.err), 1) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("sudo asks for a password"), HasSubstr("apt-get install"), HasSubstr("libzip-dev")));
}

TEST(Setup, UsesSudoWhereItNeedsNoPassword) {
  const System system("libzip-dev");
  system.user(1000);
  system.add("sudo", "[[ $1 == -n ]] && shift; \"$@\"");
  const Outcome outcome = system.setup();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(system.read("calls"), HasSubstr("libzip-dev"));
}

TEST(Setup, GnuplotFontsAndCcacheAreMissedInOneLineAndBlockNothing) {
  const System system("gnuplot-nox fonts-dejavu-core ccache");
  system.add("apt-get", kNoNetwork);
  for (const int user : {0, 1000}) {
    system.user(user);
    system.add("sudo", "exit 1");
    const Outcome outcome = system.setup("test");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(lines(outcome.out + outcome.err), 1) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("goes on without: gnuplot-nox fonts-dejavu-core ccache"));
  }
}

TEST(Setup, AnotherDistributionIsToldThePackages) {
  const System system("");
  const Outcome outcome = system.shell(
      "mkdir only && for tool in bash env dirname; do ln -s \"$(command -v $tool)\" only/; done; PATH=$PWD/only "
      "'" RESIDUAL_SOURCE_DIR "/scripts/setup'");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(lines(outcome.err), 1) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("not Debian"), HasSubstr("libdnnl-dev")));
}

TEST(Setup, RefusesAnUnknownLevel) {
  const Outcome outcome = System("").setup("everything");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "setup: 'everything' is not one of build, package, test, check, cuda\n");
}

}  // namespace
