// Completion scripts, the manual page and the reference, which the program makes from its options.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::HasSubstr;

// What bash proposes for the last of these words.
std::string completed(const std::string& words) {
  const Outcome outcome =
      Workspace().shell("source <(\"$R\" completion bash)\nCOMP_WORDS=(residual " + words +
                        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_residual\nprintf '%s\\n' \"${COMPREPLY[@]}\"");
  EXPECT_EQ(outcome.err, "") << words;
  return outcome.out;
}

TEST(Completion, InBashProposesCommandsOptionsAndValues) {
  EXPECT_EQ(completed("ev"), "eval\n");
  EXPECT_EQ(completed("data in"), "info\n");
  EXPECT_EQ(completed("summary --shortcut-p"), "--shortcut-pool\n");
  EXPECT_EQ(completed("data info --contact"), "--contact-sheet\n");
  EXPECT_EQ(completed("summary x --shortcut-pool m"), "max\n");
  EXPECT_EQ(completed("train --optimizer ad"), "adam\nadamw\n");
  EXPECT_EQ(completed("eval x --split ''"), "train\nvalidation\ntest\n");
  EXPECT_EQ(completed("eval x --split = tr"), "train\n");
  EXPECT_EQ(completed("train --data fash"), "fashion-mnist\n");
  EXPECT_EQ(completed("summary wide_resnet1"), "wide_resnet101_2\n");
  EXPECT_EQ(completed("completion f"), "fish\n");
  EXPECT_EQ(completed("eval --out-of-place x"), "\n") << "the names of files";
}

TEST(Completion, IsAScriptThatTheShellAccepts) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Workspace workspace;
    const Outcome outcome = workspace.run("completion " + shell);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    for (const char* word : {"eval", "shortcut-pool", "subsample", "fashion-mnist"})
      EXPECT_THAT(outcome.out, HasSubstr(word)) << shell;
    workspace.write("script", outcome.out);
    if (workspace.shell("command -v " + shell).code != 0) {
      std::cout << shell << " is not installed, its script is not parsed\n";
      continue;
    }
    const Outcome parsed = workspace.shell(shell + " -n script");
    EXPECT_EQ(parsed.code, 0) << shell << ": " << parsed.err;
  }
}

TEST(ManPage, NamesEveryOptionOfTheReferenceAndIsSoundTroff) {
  const Workspace workspace;
  const Outcome page = workspace.run("man");
  ASSERT_EQ(page.code, 0) << page.err;
  EXPECT_THAT(page.out, testing::AllOf(testing::StartsWith(".TH RESIDUAL 1"), HasSubstr(".SS residual data info\n"),
                                       HasSubstr("\\fB\\-\\-shortcut\\-pool\\fR"), HasSubstr("RESIDUAL_CACHE_DIR")));
  workspace.write("residual.1", page.out);
  if (workspace.shell("command -v groff").code != 0) GTEST_SKIP() << "groff is not installed, the page is not formatted";
  const Outcome formatted = workspace.shell("groff -K utf8 -man -Tutf8 -ww residual.1");
  EXPECT_EQ(formatted.code, 0);
  EXPECT_EQ(formatted.err, "");
}

TEST(Reference, HasEveryOptionThatTheHelpHas) {
  const Workspace workspace;
  const std::string reference = workspace.run("man --markdown").out;
  for (const std::string command : {"train", "eval", "predict", "bench", "fetch", "data info", "data sample"}) {
    const size_t section = reference.find("\n## residual " + command + "\n");
    ASSERT_NE(section, std::string::npos) << command;
    const std::string text = reference.substr(section, reference.find("\n## ", section + 4) - section);
    const Outcome help = workspace.shell("\"$R\" " + command + " --help-all | grep -oE -- '^ +(-h,)?--[a-z0-9-]+' | tr -d ' '");
    std::istringstream names(help.out);
    int count = 0;
    for (std::string name; names >> name; ++count)
      EXPECT_THAT(text, HasSubstr("`" + name.substr(name.find("--")) + "`")) << command;
    EXPECT_GE(count, 4) << command;
  }
}

TEST(Reference, InTheDocumentsIsWhatTheProgramPrints) {
  std::ifstream file(RESIDUAL_SOURCE_DIR "/docs/REFERENCE.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(text == Workspace().run("man --markdown").out)
      << "docs/REFERENCE.md is out of date: build/residual man --markdown > docs/REFERENCE.md";
}

}  // namespace
