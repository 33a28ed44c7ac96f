#include "program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace program {
namespace {

namespace fs = std::filesystem;

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Kernels are not timed in these tests, and nothing is remembered between them. A shell starts the tests in its background with
// SIGINT ignored.
void set_environment(const fs::path& folder) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
  ::setenv("RESIDUAL_CACHE_DIR", (folder / ".cache").c_str(), 1);
  ::setenv("RESIDUAL_TUNE", "0", 1);
  ::setenv("R", RESIDUAL_PROGRAM, 1);
  ::unsetenv("TERM");
}

}  // namespace

Outcome Workspace::shell(const std::string& text) const {
  const pid_t child = ::fork();
  if (child == 0) {
    set_environment(path());
    const std::string whole = fmt::format("cd '{}' && {{ {}\n}} >.out 2>.err", path().string(), text);
    ::execl("/bin/bash", "bash", "-c", whole.c_str(), nullptr);
    ::_exit(127);
  }
  Outcome outcome;
  outcome.code = wait_for(child);
  outcome.out = read(".out");
  outcome.err = read(".err");
  return outcome;
}

Outcome Workspace::run(const std::string& arguments, const std::string& before) const {
  return shell(before + " \"$R\" " + arguments);
}

pid_t Workspace::start(const std::string& arguments, const std::string& before) const {
  const pid_t child = ::fork();
  if (child == 0) {
    set_environment(path());
    const std::string whole = fmt::format("cd '{}' && exec {} \"$R\" {} >out 2>err", path().string(), before, arguments);
    ::execl("/bin/bash", "bash", "-c", whole.c_str(), nullptr);
    ::_exit(127);
  }
  return child;
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return code_of(status);
}

nlohmann::json json_of(const std::string& text) {
  return nlohmann::json::parse(text);
}

nlohmann::ordered_json ordered_json_of(const std::string& text) {
  return nlohmann::ordered_json::parse(text);
}

std::vector<std::string> keys_of(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

std::vector<std::string> partial_files(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".part") != std::string::npos || name.find(".tmp") != std::string::npos) names.push_back(name);
  }
  return names;
}

std::string tiny_training(const std::string& out, int epochs) {
  return fmt::format(
      "train --data shapes --model resnet8 --input 3x8x8 --train-size 96 --test-size 40 --batch-size 16 --threads 1 --epochs {} "
      "--out {}",
      epochs, out);
}

const fs::path& tiny_model() {
  static const Workspace workspace;
  static const fs::path file = [] {
    const Outcome outcome = workspace.run(tiny_training("run"));
    if (outcome.code != 0) throw std::runtime_error("the tiny model could not be trained: " + outcome.err);
    return workspace / "run" / "best.safetensors";
  }();
  return file;
}

}  // namespace program
