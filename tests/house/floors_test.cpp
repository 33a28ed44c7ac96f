// Which room may include which: the one table of the house's floors.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "house/tree.h"

namespace {

using Rooms = std::set<std::string>;

// A room may include the rooms it stands on, and what those stand on.
const std::map<std::string, Rooms> kStandsOn = {
    {"core", {}},
    {"fetch", {"core"}},
    {"graph", {"core"}},
    {"ops", {"graph"}},
    {"autodiff", {"ops"}},
    {"backend", {"ops"}},
    {"backend/reference", {"backend"}},
    {"backend/cpu", {"backend"}},
    {"passes", {"ops", "backend"}},
    {"runtime", {"passes", "backend"}},
    {"models", {"ops"}},
    {"data", {"core"}},
    {"io", {"ops"}},
    {"eval", {"runtime", "models", "data", "io"}},
    {"convert", {"eval"}},
    {"train", {"autodiff", "convert"}},
    {"api", {"train", "eval", "backend/reference", "backend/cpu"}},
    {"cli", {"api", "fetch"}},
};

// Libraries with their own headers, and the only places that may include them.
const std::vector<std::pair<std::string, Rooms>> kAdapters = {
    {"oneapi/|dnnl", {"src/backend/cpu/onednn"}},
    {"hwy/", {"src/backend/cpu/kernels"}},
    {"jpeglib|turbojpeg|png\\.h", {"src/data"}},
    {"zlib\\.h", {"src/data", "src/io"}},
    {"archive(_entry)?\\.h", {"src/data"}},
    {"zip\\.h", {"src/io"}},
    {"curl/|openssl/", {"src/fetch"}},
    {"omp\\.h", {"src/core"}},
    {"CLI/", {"src/cli"}},
    {"toml\\+\\+/", {"src/models"}},
};

Rooms reachable(const std::string& room) {
  Rooms all = {room};
  std::function<void(const std::string&)> add = [&](const std::string& from) {
    for (const auto& below : kStandsOn.at(from)) {
      if (all.insert(below).second) add(below);
    }
  };
  add(room);
  return all;
}

// "src/backend/cpu/onednn/x.h" and "backend/cpu/onednn/x.h" lie in backend/cpu: the longest room that contains them. Empty: in
// none.
std::string room_of(std::string path) {
  if (path.starts_with("src/")) path = path.substr(4);
  std::string best;
  for (const auto& [room, below] : kStandsOn) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  return best;
}

TEST(Floors, every_source_file_lies_in_a_room) {
  for (const auto& file : house::sources("src"))
    EXPECT_NE(room_of(file.path), "") << file.path << " lies in no room of the table";
}

TEST(Floors, every_room_that_is_built_is_in_the_table) {
  const std::string text = house::read("CMakeLists.txt").text;
  const std::regex line("\n(?:room|program)\\(([^)]+)\\)");
  Rooms built;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) built.insert((*match)[1]);
  Rooms known;
  for (const auto& [room, below] : kStandsOn) known.insert(room);
  EXPECT_EQ(built, known);
}

TEST(Floors, no_include_points_upwards_or_sideways) {
  int arrows = 0;
  for (const auto& file : house::sources("src")) {
    const std::string room = room_of(file.path);
    if (room.empty()) continue;
    const Rooms below = reachable(room);
    for (const auto& included : house::includes(file)) {
      const std::string other = room_of(included);
      if (other.empty()) continue;
      ++arrows;
      EXPECT_TRUE(below.contains(other)) << file.path << " includes " << included << ", but " << room << " does not stand on "
                                         << other;
    }
  }
  EXPECT_GT(arrows, 0);
}

// Errors are public and thrown by every room; the rest of the public API stands on top of the house.
TEST(Floors, only_api_and_cli_include_the_public_api) {
  for (const auto& file : house::sources("src")) {
    const std::string room = room_of(file.path);
    if (room == "api" || room == "cli") continue;
    for (const auto& included : house::includes(file)) {
      EXPECT_TRUE(included == "residual/error.h" || !included.starts_with("residual/")) << file.path << " includes " << included;
    }
  }
}

TEST(Floors, the_graph_engine_never_includes_a_concrete_backend) {
  for (const char* room : {"graph", "ops", "autodiff", "passes", "runtime", "train", "eval", "convert"}) {
    const Rooms below = reachable(room);
    EXPECT_FALSE(below.contains("backend/cpu") || below.contains("backend/reference")) << room;
  }
  EXPECT_FALSE(reachable("data").contains("graph"));
}

TEST(Floors, library_headers_are_included_only_by_their_adapters) {
  for (const char* folder : {"src", "include"}) {
    for (const auto& file : house::sources(folder)) {
      for (const auto& included : house::includes(file)) {
        for (const auto& [headers, adapters] : kAdapters) {
          if (!std::regex_search(included, std::regex("^(" + headers + ")"))) continue;
          bool allowed = false;
          for (const auto& adapter : adapters) allowed |= file.path.starts_with(adapter + "/");
          EXPECT_TRUE(allowed) << file.path << " includes " << included;
        }
      }
    }
  }
}

}  // namespace
