#include "launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace faults {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kPatience{120};

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// GOMP_SPINCOUNT: otherwise the program sets it itself and starts anew, without the library that injects faults.
[[noreturn]] void become(const fs::path& folder, std::vector<std::string> words, const std::vector<Variable>& environment) {
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  const auto to_file = [](const char* name, int descriptor) {
    ::dup2(::open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644), descriptor);
  };
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  to_file(".out", STDOUT_FILENO);
  to_file(".err", STDERR_FILENO);
  for (int descriptor = 3; descriptor < 64; ++descriptor) ::close(descriptor);
  for (const Variable& variable : std::vector<Variable>{{"GOMP_SPINCOUNT", "1000"},
                                                        {"RESIDUAL_TUNE", "0"},
                                                        {"RESIDUAL_CACHE_DIR", (folder / ".cache").string()},
                                                        {"LC_ALL", "C"}})
    ::setenv(variable.name.c_str(), variable.value.c_str(), 1);
  ::unsetenv("TERM");
  for (const Variable& variable : environment) ::setenv(variable.name.c_str(), variable.value.c_str(), 1);
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  ::execvp(list[0], list.data());
  ::_exit(127);
}

Variable variable_for(const Fault& fault) {
  const bool kills = fault.effect == Fault::Effect::kKills;
  return {kills ? "FAULTS_KILL" : "FAULTS_FAIL",
          fmt::format("{}:{}{}", fault.kind, fault.nth, fault.effect == Fault::Effect::kFailsFromThere ? "+" : "")};
}

}  // namespace

std::string to_string(const Fault& fault) {
  switch (fault.effect) {
    case Fault::Effect::kFailsOnce: return fmt::format("{} {} fails", fault.kind, fault.nth);
    case Fault::Effect::kFailsFromThere: return fmt::format("{} fails from {} on", fault.kind, fault.nth);
    case Fault::Effect::kKills: break;
  }
  return fmt::format("killed at {} {}", fault.kind, fault.nth);
}

Ending run(const fs::path& folder, const std::string& arguments, const std::vector<Variable>& environment,
           const std::string& before) {
  std::vector<std::string> words = words_of(before);
  words.emplace_back(RESIDUAL_PROGRAM);
  for (std::string& word : words_of(arguments)) words.push_back(std::move(word));
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process to be had");
  if (child == 0) become(folder, words, environment);
  Ending ending;
  int status = 0;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (!ending.hung && std::chrono::steady_clock::now() > end) {
      ending.hung = true;
      ::kill(child, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (WIFSIGNALED(status)) {
    ending.signal = WTERMSIG(status);
  } else {
    ending.code = WEXITSTATUS(status);
  }
  ending.out = content_of(folder / ".out");
  ending.err = content_of(folder / ".err");
  return ending;
}

Ending run(const fs::path& folder, const std::string& arguments, const Fault& fault) {
  return run(folder, arguments, {{"LD_PRELOAD", RESIDUAL_FAULTS}, variable_for(fault)});
}

Counts count(const fs::path& folder, const std::string& arguments, Ending& ending) {
  ending = run(folder, arguments, {{"LD_PRELOAD", RESIDUAL_FAULTS}, {"FAULTS_COUNTS", ".counts"}});
  std::ifstream file(folder / ".counts");
  Counts counts;
  std::string kind;
  for (int64_t calls = 0; file >> kind >> calls;) counts[kind] = calls;
  return counts;
}

std::string how_to_repeat(const std::string& arguments, const Fault& fault) {
  const Variable variable = variable_for(fault);
  return fmt::format("env GOMP_SPINCOUNT=1000 RESIDUAL_TUNE=0 LD_PRELOAD={} {}={} FAULTS_TRACE=/tmp/trace {} {}", RESIDUAL_FAULTS,
                     variable.name, variable.value, RESIDUAL_PROGRAM, arguments);
}

}  // namespace faults
