// scripts/demo runs from any folder, with any program, and writes beside neither. A script takes the program's place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"

namespace {

using program::Outcome;
using program::Workspace;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A program that notes its arguments in the file CALLS and leaves what the demo reads.
void add_program(const Workspace& workspace, const std::string& name) {
  std::filesystem::create_directories((workspace / name).parent_path());
  workspace.write(name, R"(#!/bin/bash
echo "$*" >>"$CALLS"
out=
while [[ $# != 0 ]]; do
  [[ $1 != --out ]] || out=$2
  shift
done
[[ ! $out ]] || { mkdir -p "$out" && touch "$out/000-circle.png"; }
)");
  std::filesystem::permissions(workspace / name, std::filesystem::perms::owner_all);
}

constexpr const char* kDemo = "CALLS=\"$PWD/calls\" '" RESIDUAL_SOURCE_DIR "/scripts/demo' ";

TEST(Demo, RunsFromAnyFolderWithAProgramWhosePathHasSpaces) {
  const Workspace workspace;
  add_program(workspace, "my bin/residual");
  const Outcome outcome = workspace.shell(std::string(kDemo) + "'my bin/residual'");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(workspace.read("calls"), AllOf(HasSubstr("train --data shapes --epochs 8 --out runs/demo\n"),
                                             HasSubstr("eval runs/demo/best.safetensors --data shapes\n"),
                                             HasSubstr("predict runs/demo/best.safetensors runs/demo/images/000-circle.png")));
  EXPECT_TRUE(std::filesystem::exists(workspace / "runs/demo/images/000-circle.png")) << "in the current folder";
}

TEST(Demo, FromAFolderThatCannotBeWrittenWritesToATemporaryOne) {
  const Workspace workspace;
  add_program(workspace, "residual");
  const Outcome outcome = workspace.shell("here=$PWD; export TMPDIR=$here CALLS=$here/calls; cd /proc && '" RESIDUAL_SOURCE_DIR
                                          "/scripts/demo' \"$here/residual\"");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("demo: /proc cannot be written; the results go to " + workspace.path().string()));
  EXPECT_THAT(workspace.read("calls"), Not(HasSubstr("--out runs/demo")));
}

TEST(Demo, NamesAProgramThatIsNotThere) {
  const Outcome outcome = Workspace().shell("'" RESIDUAL_SOURCE_DIR "/scripts/demo' ./nothing");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no program './nothing'"));
}

}  // namespace
