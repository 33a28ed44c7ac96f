#include "verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>

#include "core/error.h"
#include "io/checkpoint.h"
#include "io/safetensors/safetensors.h"

namespace faults {
namespace {

namespace fs = std::filesystem;

constexpr int kBadFile = 3, kResource = 5;

// Exit codes that a fault may lead to. A file that cannot be read is a bad file; for all else the system lacks something.
std::set<int> codes_for(const Fault& fault) {
  if (fault.kind == "read") return {0, kBadFile, kResource};
  return {0, kResource};
}

// The last line that is not indented: lists are, below the message that they belong to.
std::string last_line_of(const std::string& text) {
  std::string last, line;
  for (std::istringstream lines(text); std::getline(lines, line);) {
    if (!line.empty() && !line.starts_with(' ')) last = line;
  }
  return last;
}

std::string unreadable(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    try {
      if (entry.path().filename() == "checkpoint.safetensors") {
        residual::io::load_checkpoint(entry.path());
      } else {
        residual::io::read_safetensors(entry.path());
      }
    } catch (const residual::Error& error) {
      return error.what();
    }
  }
  return "";
}

std::string different_files(const Command& command, const fs::path& folder) {
  const Clean& clean = clean_run(command);
  const auto files = files_of(folder, command);
  for (const auto& [name, content] : clean.files) {
    const auto found = files.find(name);
    if (found == files.end()) return fmt::format("'{}' is missing", name);
    if (found->second != content) return fmt::format("'{}' differs from that of a run without faults", name);
  }
  return "";
}

std::string wrong_ending(const Fault& fault, const Ending& ending) {
  if (ending.hung) return "it hung";
  if (fault.effect == Fault::Effect::kKills && ending.signal == SIGKILL) return "";
  if (ending.signal != 0) return fmt::format("signal {} ended it", ending.signal);
  const std::set<int> codes = codes_for(fault);
  if (!codes.contains(ending.code)) return fmt::format("the exit code is {}, expected {}", ending.code, fmt::join(codes, " or "));
  if (ending.code == 0) return "";
  const std::string message = last_line_of(ending.err);
  if (!message.starts_with("residual: ") || message.starts_with("residual: warning")) return "it failed without a message";
  if (ending.err.find("terminate called") != std::string::npos) return "an exception ended it";
  return "";
}

// The command once more, without a fault, in the folder that the first left.
std::string wrong_afterwards(const Command& command, const fs::path& folder) {
  const bool goes_on = command.trains && command.starts_with.empty();
  const Ending ending = run(folder, command.arguments + (goes_on ? " --resume" : ""));
  if (ending.code != 0 || ending.signal != 0 || ending.hung)
    return fmt::format("afterwards, without a fault, the exit code is {}: {}", ending.code, ending.err);
  if (const std::string what = different_files(command, folder); !what.empty()) return "afterwards " + what;
  if (const auto left = partial_files(folder); !left.empty()) return fmt::format("afterwards {} is left", fmt::join(left, ", "));
  return "";
}

}  // namespace

std::string wrong_with(const Command& command, const Fault& fault, const Ending& ending, const fs::path& folder) {
  if (const std::string what = wrong_ending(fault, ending); !what.empty()) return what;
  if (const std::string what = unreadable(folder); !what.empty()) return what;
  if (ending.signal == 0) {
    if (const auto left = partial_files(folder); !left.empty()) return fmt::format("{} is left", fmt::join(left, ", "));
    if (ending.code == 0) {
      if (comparable(ending.out) != clean_run(command).out) return "exit code 0, but another answer:\n" + ending.out;
      return different_files(command, folder);
    }
  }
  const bool wrote = std::ranges::any_of(command.files, [&](const std::string& name) {
    return fs::exists((folder / name).parent_path()) && (folder / name).parent_path() != folder;
  });
  const bool half_done = wrote || (!command.files.empty() && ending.signal != 0);
  return half_done ? wrong_afterwards(command, folder) : "";
}

}  // namespace faults
