// Runs the program with one fault injected (preload/faults.cpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace faults {

/// The calls that can fail, as preload/faults.cpp names them.
inline constexpr const char* kMemory[] = {"malloc", "calloc", "realloc", "aligned", "mmap", "mprotect"};
inline constexpr const char* kSystem[] = {"open", "read", "write", "fsync", "rename", "thread"};

struct Fault {
  enum class Effect : uint8_t { kFailsOnce, kFailsFromThere, kKills } effect = Effect::kFailsOnce;
  std::string kind;
  int64_t nth = 1;  ///< from 1
};

/// "malloc 123 fails".
std::string to_string(const Fault& fault);

/// How a process ended.
struct Ending {
  int code = 0;    ///< exit code, where no signal ended it
  int signal = 0;  ///< 0 where it exited
  bool hung = false;
  std::string out, err;
};

struct Variable {
  std::string name, value;
};

/// `residual ARGUMENTS`, separated by spaces, in `folder`; `before`: a program that runs it, with that program's arguments. Ended
/// by SIGKILL, and `hung`, after two minutes.
Ending run(const std::filesystem::path& folder, const std::string& arguments, const std::vector<Variable>& environment = {},
           const std::string& before = "");

/// The same with a fault.
Ending run(const std::filesystem::path& folder, const std::string& arguments, const Fault& fault);

/// The calls of each kind in a run without faults, and how that ended.
using Counts = std::map<std::string, int64_t>;
Counts count(const std::filesystem::path& folder, const std::string& arguments, Ending& ending);

/// The command line for a shell that repeats a run with a fault.
std::string how_to_repeat(const std::string& arguments, const Fault& fault);

}  // namespace faults
