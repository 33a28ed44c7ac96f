#include "convert/names/prefixes.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "convert/names/block_names.h"
#include "io/torch/state_dicts.h"

namespace residual::convert {
namespace {

struct Candidate {
  std::string prefix;
  size_t names = 0, unlikely = 0;
};

struct Names {
  size_t words = 0, numbers = 0;  // that begin with a word of a network, with a number
  bool numbered_layer = false;    // "0.weight", "0.0.weight": not only numbered blocks, which every stage has
  size_t convolutions = 0;

  size_t count() const { return words + (numbered_layer ? numbers : 0); }
};

// "0.weight", "0.0.weight" from part `from` on.
bool is_numbered_layer(const std::vector<std::string>& parts, size_t from) {
  return from + 2 == parts.size() || (from + 3 == parts.size() && index_of(parts[from + 1]));
}

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
  std::map<std::string, Names> found;
  size_t convolutions = 0;
  for (const auto& [name, shape] : tensors) {
    const std::vector<std::string> parts = parts_of(name);
    const size_t convolution = shape.rank() == 4 ? 1 : 0;
    convolutions += convolution;
    std::string prefix;
    for (size_t i = 0; i + 1 < parts.size() && i < kDeepest; ++i) {
      found[prefix].convolutions += convolution;
      if (index_of(parts[i])) {
        ++found[prefix].numbers;
        found[prefix].numbered_layer |= is_numbered_layer(parts, i);
      } else if (begins_like_a_network(parts, i)) {
        ++found[prefix].words;
      }
      prefix += (prefix.empty() ? "" : ".") + parts[i];
    }
  }
  // A part of a network, such as one of its shortcuts, is no network: most convolutions lie elsewhere.
  std::erase_if(found, [&](const auto& entry) { return 4 * entry.second.convolutions < convolutions; });
  size_t most = 0;
  for (const auto& [prefix, names] : found) most = std::max(most, names.count());
  std::vector<Candidate> candidates;
  for (const auto& [prefix, names] : found) {
    if (names.count() > 0 && 2 * names.count() >= most) candidates.push_back({prefix, names.count(), io::unlikelihood(prefix)});
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
