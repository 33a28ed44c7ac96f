#include "core/threads/cgroup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace residual {
namespace {

namespace fs = std::filesystem;

bool lists(const std::string& options, std::string_view wanted) {
  std::istringstream stream(options);
  for (std::string option; std::getline(stream, option, ',');) {
    if (option == wanted) return true;
  }
  return false;
}

// Where a hierarchy of groups is mounted, and which of its groups is seen there as the root.
struct Mount {
  bool version2;
  fs::path root, folder;
};

// "36 25 0:31 /root /folder rw,… - cgroup2 cgroup2 rw"; the hierarchies that may limit processors.
std::vector<Mount> mounts_in(std::string_view text) {
  std::vector<Mount> mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    const std::string &type = dash[1], &options = dash[3];
    if (type == "cgroup2" || (type == "cgroup" && lists(options, "cpu")))
      mounts.push_back({type == "cgroup2", words[3], words[4]});
  }
  return mounts;
}

// The group of the process in a hierarchy: "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1.
std::optional<fs::path> group_in(std::string_view memberships, bool version2) {
  std::istringstream lines{std::string(memberships)};
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (version2 ? controllers.empty() : lists(controllers, "cpu")) return line.substr(second + 1);
  }
  return std::nullopt;
}

std::optional<double> quota_of(const fs::path& group, bool version2) {
  double amount = 0, period = 0;
  if (version2) {
    std::ifstream file(group / "cpu.max");  // "max 100000" where there is none
    if (!(file >> amount >> period)) return std::nullopt;
  } else {
    std::ifstream quota(group / "cpu.cfs_quota_us"), each(group / "cpu.cfs_period_us");  // -1 where there is none
    if (!(quota >> amount) || !(each >> period)) return std::nullopt;
  }
  return amount > 0 && period > 0 ? std::optional(amount / period) : std::nullopt;
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();  // unlike the buffer's iterator, throws nothing where reading fails
  return text.str();
}

}  // namespace

std::optional<double> cgroup_quota(std::string_view mounts, std::string_view memberships) {
  std::optional<double> least;
  for (const Mount& mount : mounts_in(mounts)) {
    // Below the group that is seen as the root; a group elsewhere (of another namespace) is taken for the root itself.
    fs::path below = group_in(memberships, mount.version2).value_or("/").lexically_relative(mount.root);
    if (below.empty() || *below.begin() == "..") below = ".";
    for (fs::path group = below;; group = group.parent_path()) {
      if (const auto quota = quota_of(mount.folder / group, mount.version2)) least = std::min(least.value_or(*quota), *quota);
      if (group.empty() || group == ".") break;
    }
  }
  return least;
}

std::optional<double> cgroup_quota() {
  return cgroup_quota(text_of("/proc/self/mountinfo"), text_of("/proc/self/cgroup"));
}

}  // namespace residual
