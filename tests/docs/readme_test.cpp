// README.md's commands and program do what README.md says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "cli/program.h"

namespace {

using program::Outcome;
using program::Workspace;

std::string source_file(const std::string& name) {
  std::ifstream file(std::string(RESIDUAL_SOURCE_DIR "/") + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines of all ```sh blocks.
std::vector<std::string> commands_of(const std::string& readme) {
  std::vector<std::string> commands;
  std::istringstream stream(readme);
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside && !line.empty()) {
      commands.push_back(line);
    }
  }
  return commands;
}

TEST(SlowReadme, EveryCommandRuns) {
  const Workspace workspace;
  const std::vector<std::string> commands = commands_of(source_file("README.md"));
  ASSERT_GE(commands.size(), 5U);
  for (const std::string& command : commands) {
    ASSERT_TRUE(command.starts_with("build/residual ")) << command;
    std::string arguments = command.substr(15);
    // The same run, in seconds.
    arguments = std::regex_replace(arguments, std::regex("--epochs [0-9]+"), "--epochs 1 --train-size 512 --test-size 100");
    if (arguments.starts_with("eval") || arguments.starts_with("data info")) arguments += " --test-size 100 --train-size 100";
    const Outcome outcome = workspace.run(arguments);
    EXPECT_EQ(outcome.code, 0) << command << "\n" << outcome.err;
    EXPECT_NE(outcome.out, "") << command;
  }
}

TEST(SlowReadme, TheProgramRuns) {
  const Workspace workspace;
  ASSERT_EQ(workspace.run("data sample shapes --out . --count 1").code, 0);
  const Outcome outcome = workspace.shell("mv 000-circle.png image.png && '" RESIDUAL_EXAMPLES "'/readme");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("% right\n(.|\n)*loss [0-9.]+\n"));
  EXPECT_TRUE(std::filesystem::exists(workspace / "model.safetensors"));
}

TEST(Readme, ItsMakeTargetsExistAndItsLinksLeadSomewhere) {
  const std::string readme = source_file("README.md"), makefile = source_file("Makefile");
  const std::regex target("make ([a-z]+)"), link("\\]\\(([A-Za-z0-9_./-]+)\\)");
  for (std::sregex_iterator match(readme.begin(), readme.end(), target), end; match != end; ++match) {
    EXPECT_NE(makefile.find("\n" + (*match)[1].str() + ":"), std::string::npos) << match->str();
  }
  for (std::sregex_iterator match(readme.begin(), readme.end(), link), end; match != end; ++match) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(RESIDUAL_SOURCE_DIR) / (*match)[1].str())) << match->str();
  }
}

TEST(Readme, ItsProgramTakesFifteenLines) {
  const std::string readme = source_file("README.md");
  const size_t begin = readme.find("int main()"), end = readme.find("```", begin);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_LE(
      std::count(readme.begin() + static_cast<std::ptrdiff_t>(begin), readme.begin() + static_cast<std::ptrdiff_t>(end), '\n'),
      15);
}

}  // namespace
