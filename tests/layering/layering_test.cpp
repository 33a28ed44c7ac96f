// The allowed dependencies between modules, in one table.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "layering/symbols.h"
#include "layering/tree.h"

namespace {

using Modules = std::set<std::string>;

// The modules that CMakeLists.txt builds.
Modules built_modules() {
  const std::string text = layering::read("CMakeLists.txt").text;
  const std::regex line("\n *(?:module|program)\\(([^) ]+)[^)]*\\)");
  Modules built;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) built.insert((*match)[1]);
  return built;
}

// Adds every backend, which stands on `backend` alone and which `api` alone may name.
std::map<std::string, Modules> with_backends(std::map<std::string, Modules> modules) {
  for (const std::string& module : built_modules()) {
    if (!module.starts_with("backend/")) continue;
    modules[module] = {"backend"};
    modules["api"].insert(module);
  }
  return modules;
}

// A module may include and call the modules listed for it, and their own dependencies.
const std::map<std::string, Modules> kMayInclude = with_backends({
    {"core", {}},
    {"image", {"core"}},
    {"fetch", {"core"}},
    {"graph", {"core"}},
    {"ops", {"graph"}},
    {"autodiff", {"ops"}},
    {"backend", {"ops"}},
    {"passes", {"ops", "backend"}},
    {"runtime", {"passes", "backend"}},
    {"models", {"ops"}},
    {"data", {"image"}},
    {"io", {"ops"}},
    {"eval", {"runtime", "models", "data", "io"}},
    {"convert", {"eval", "fetch"}},
    {"train", {"autodiff", "convert"}},
    {"api", {"train", "eval"}},
    {"cli", {"api", "fetch"}},
});

// Libraries with their own headers, and the only places that may include them.
const std::vector<std::pair<std::string, Modules>> kAdapters = {
    {"oneapi/|dnnl", {"src/backend/cpu/onednn"}},
    {"hwy/", {"src/backend/cpu/kernels"}},
    {"cuda_|cub/", {"src/backend/cuda"}},
    {"cudnn", {"src/backend/cuda/cudnn"}},
    {"jpeglib|turbojpeg|png\\.h", {"src/image"}},
    {"zlib\\.h", {"src/data", "src/io"}},
    {"archive(_entry)?\\.h", {"src/data"}},
    {"zip\\.h", {"src/io"}},
    {"curl/|openssl/", {"src/fetch/online"}},
    {"omp\\.h", {"src/core"}},
    {"CLI/", {"src/cli"}},
    {"toml\\+\\+/", {"src/models"}},
    {"utf8proc\\.h", {"src/eval"}},
};

Modules reachable(const std::string& module) {
  Modules all = {module};
  std::function<void(const std::string&)> add = [&](const std::string& from) {
    for (const auto& below : kMayInclude.at(from)) {
      if (all.insert(below).second) add(below);
    }
  };
  add(module);
  return all;
}

// "src/backend/cpu/onednn/memory.h" and "backend/cpu/onednn/memory.h" are in backend/cpu: the longest module that contains them.
// Empty: in none.
std::string module_of(std::string path) {
  if (path.starts_with("src/")) path = path.substr(4);
  std::string best;
  for (const auto& [module, below] : kMayInclude) {
    if (path.starts_with(module + "/") && module.size() > best.size()) best = module;
  }
  return best;
}

TEST(Layering, EverySourceFileBelongsToAModule) {
  for (const auto& file : layering::sources("src"))
    EXPECT_NE(module_of(file.path), "") << file.path << " lies in no module of the table";
}

TEST(Layering, EveryModuleThatIsBuiltIsInTheTable) {
  Modules known;
  for (const auto& [module, below] : kMayInclude) known.insert(module);
  EXPECT_EQ(built_modules(), known);
}

TEST(Layering, NoIncludePointsUpwardsOrSideways) {
  int arrows = 0;
  for (const auto& file : layering::sources("src")) {
    const std::string module = module_of(file.path);
    if (module.empty()) continue;
    const Modules below = reachable(module);
    for (const auto& included : layering::includes(file)) {
      const std::string other = module_of(included);
      if (other.empty()) continue;
      ++arrows;
      EXPECT_TRUE(below.contains(other)) << file.path << " includes " << included << ", but " << module << " does not stand on "
                                         << other;
    }
  }
  EXPECT_GT(arrows, 0);
}

// Dependencies that includes do not reveal: a function that one module declares and another defines.
TEST(Layering, NoModuleCallsUpwardsOrSideways) {
  const std::vector<layering::ModuleSymbols> modules = layering::module_symbols();
  ASSERT_EQ(modules.size(), kMayInclude.size());
  std::map<std::string, Modules> definers;
  for (const auto& module : modules) {
    for (const auto& symbol : module.defined) definers[symbol].insert(module.name);
  }
  int calls = 0;
  for (const auto& module : modules) {
    const Modules below = reachable(module.name);
    for (const auto& [symbol, object] : module.undefined) {
      const auto found = definers.find(symbol);
      if (found == definers.end()) continue;  // a library's
      ++calls;
      EXPECT_TRUE(std::ranges::any_of(found->second, [&](const auto& definer) { return below.contains(definer); }))
          << object << " calls " << layering::demangled(symbol) << ", which " << *found->second.begin() << " defines, but "
          << module.name << " does not stand on it";
    }
  }
  EXPECT_GT(calls, 500);
}

// Public value types that modules use in their own interfaces: errors, choices, hyperparameters, images, predictions. They
// include only the standard library and each other. The rest of the public API depends on the whole program.
const Modules kPublicValues = {"residual/error.h",           "residual/choices.h",     "residual/network.h",
                               "residual/image.h",           "residual/prediction.h",  "residual/log.h",
                               "residual/hyperparameters.h", "residual/run_options.h", "residual/compile_observer.h",
                               "residual/export.h",          "residual/classes.h",     "residual/version.h"};

TEST(Layering, PublicValuesHaveNoDependencies) {
  for (const auto& value : kPublicValues) {
    for (const auto& included : layering::includes(layering::read("include/" + value))) {
      EXPECT_TRUE(!included.starts_with("residual/") || kPublicValues.contains(included)) << value << " includes " << included;
    }
  }
}

TEST(Layering, OnlyApiAndCliIncludeThePublicApi) {
  for (const auto& file : layering::sources("src")) {
    const std::string module = module_of(file.path);
    if (module == "api" || module == "cli") continue;
    for (const auto& included : layering::includes(file)) {
      EXPECT_TRUE(kPublicValues.contains(included) || !included.starts_with("residual/"))
          << file.path << " includes " << included;
    }
  }
}

TEST(Layering, TheGraphEngineNeverIncludesAConcreteBackend) {
  for (const char* module : {"graph", "ops", "autodiff", "passes", "runtime", "train", "eval", "convert"}) {
    const Modules below = reachable(module);
    EXPECT_FALSE(below.contains("backend/cpu") || below.contains("backend/reference")) << module;
  }
  EXPECT_FALSE(reachable("data").contains("graph"));
}

TEST(Layering, LibraryHeadersAreIncludedOnlyByTheirAdapters) {
  for (const char* folder : {"src", "include"}) {
    for (const auto& file : layering::sources(folder)) {
      for (const auto& included : layering::includes(file)) {
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
