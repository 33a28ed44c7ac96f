// The command lines that the sweeps run, and what a run without faults gives.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "launch.h"

namespace faults {

struct Command {
  std::string name;
  std::string arguments;           ///< files to read lie in the folder `in`, see fixture()
  std::vector<std::string> files;  ///< what it writes that is the same from run to run
  bool trains = false;             ///< goes on with --resume
  std::string starts_with = {};    ///< a folder of `in` that it goes on with, copied to `run`
};

const std::vector<Command>& commands();
const Command& command_named(const std::string& name);

/// A folder that commands read, made once for a process: model.safetensors, model.pth, model.onnx, photos/CLASS/*, images/*, and
/// begun/, a run that was killed in its second epoch.
const std::filesystem::path& fixture();

/// A folder to run a command in: with the link `in` and, for commands that go on with one, the run begun.
void prepare(const std::filesystem::path& folder, const Command& command);

/// What a run without faults gives.
struct Clean {
  std::string out;
  std::map<std::string, std::string> files;  ///< contents by name
  Counts counts;
};
const Clean& clean_run(const Command& command);

/// Standard output without what differs from run to run, speeds and times, and the processor's name, which is read from a file.
std::string comparable(const std::string& out);

/// The contents of the command's files in a folder; files that do not exist are absent.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder, const Command& command);

/// The names of files below a folder that a write has begun and not ended.
std::vector<std::string> partial_files(const std::filesystem::path& folder);

}  // namespace faults
