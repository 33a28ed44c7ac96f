#include "convert/prefixes.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "io/torch/state_dicts.h"

namespace residual::convert {
namespace {

struct Candidate {
  std::string prefix;
  size_t names = 0, unlikely = 0;
};

}  // namespace

bool begins_like_a_network(const std::vector<std::string>& parts, size_t from) {
  std::string word = parts[from];
  if (word.ends_with("_x")) word.resize(word.size() - 2);
  std::erase_if(word, [](char letter) { return letter >= '0' && letter <= '9'; });
  if (word.ends_with('_')) word.pop_back();
  if (word == "encoder") return from + 1 < parts.size() && parts[from + 1] == "stages";
  constexpr std::string_view kWords[] = {"",      "bn",     "block", "blocks", "conv",       "embedder", "features", "group",
                                         "layer", "layers", "norm",  "res",    "res_layers", "stage",    "stages",   "stem"};
  return std::ranges::find(kWords, word) != std::end(kWords);
}

std::vector<std::string> likely_prefixes(const Shapes& tensors) {
  constexpr size_t kDeepest = 6, kMost = 4;
  std::map<std::string, size_t> counts;
  for (const auto& [name, shape] : tensors) {
    const std::vector<std::string> parts = parts_of(name);
    std::string prefix;
    for (size_t i = 0; i + 1 < parts.size() && i < kDeepest; ++i) {
      if (begins_like_a_network(parts, i)) ++counts[prefix];
      prefix += (prefix.empty() ? "" : ".") + parts[i];
    }
  }
  size_t most = 0;
  for (const auto& [prefix, names] : counts) most = std::max(most, names);
  std::vector<Candidate> candidates;
  for (const auto& [prefix, names] : counts) {
    if (2 * names >= most) candidates.push_back({prefix, names, io::unlikelihood(prefix)});
  }
  std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) {
    return a.unlikely != b.unlikely ? a.unlikely < b.unlikely : a.names > b.names;
  });
  std::vector<std::string> prefixes;
  for (const Candidate& candidate : candidates) {
    if (prefixes.size() < kMost) prefixes.push_back(candidate.prefix);
  }
  if (prefixes.empty()) prefixes.emplace_back();
  return prefixes;
}

}  // namespace residual::convert
