// The built program, run as a user runs it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/surroundings.h"

namespace program {

struct Outcome {
  int code = 0;  ///< exit code; 128 + signal when a signal ended it
  std::string out, err;
};

/// A folder of its own, gone with the object.
class Workspace : public residual::support::TemporaryFolder {
 public:
  /// `residual ARGUMENTS` by the shell, in this folder; "$R" in the text stands for the program. `before` goes in front: "ulimit
  /// -f 10;".
  Outcome run(const std::string& arguments, const std::string& before = "") const;
  /// Any shell text, in this folder.
  Outcome shell(const std::string& text) const;
  /// The program in the background; its output goes to the files `out` and `err` here. `before`: "env NAME=VALUE".
  pid_t start(const std::string& arguments, const std::string& before = "") const;
};

/// Waits for a program that was started; its exit code, or 128 + signal.
int wait_for(pid_t process);

/// Waits until `condition` holds, at most that long; whether it does.
template <typename Condition>
bool wait_until(Condition&& condition, double seconds = 60);

/// The one JSON value that a text holds.
nlohmann::json json_of(const std::string& text);
std::vector<std::string> keys_of(const nlohmann::ordered_json& object);
nlohmann::ordered_json ordered_json_of(const std::string& text);

/// Files in a folder whose name tells that they are not finished.
std::vector<std::string> partial_files(const std::filesystem::path& folder);

/// A tiny training run on built-in images of 8x8 pixels, seconds long: "train --data shapes …".
std::string tiny_training(const std::string& out, int epochs = 1);

/// A model file of a tiny network, trained once for all tests of this process.
const std::filesystem::path& tiny_model();

}  // namespace program

#include <chrono>
#include <thread>

template <typename Condition>
bool program::wait_until(Condition&& condition, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}
