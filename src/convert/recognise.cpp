#include "convert/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <set>

#include "convert/names.h"
#include "core/error.h"
#include "models/table.h"

namespace residual::convert {
namespace {

template <typename Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  return names;
}

// What a network's tensors are called, and their shapes.
struct Expected {
  Shapes shapes;
  std::map<std::string, std::string> spelled;
};

// Recognising one file asks for all networks of the table, so what was built is kept for the next file.
std::shared_ptr<const Expected> expected_of(const models::Architecture& architecture) {
  constexpr size_t kMost = 1000;
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Expected>> known;
  const std::string key = architecture.to_json();
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  auto expected = std::make_shared<Expected>();
  const Graph graph = models::inference_graph(architecture, 1);
  for (const auto& [name, variable] : graph.variables()) {
    expected->shapes.emplace(name, variable.type.shape);
  }
  expected->spelled = common_spelling(names_of(expected->shapes));
  const std::lock_guard lock(mutex);
  if (known.size() == kMost) known.clear();
  return known.emplace(key, std::move(expected)).first->second;
}

Fit compare(const models::Architecture& architecture, const Shapes& found) {
  const std::shared_ptr<const Expected> expectation = expected_of(architecture);
  const auto& ours = expectation->spelled;
  const auto theirs = common_spelling(names_of(found));
  Fit result{architecture, {}, 0, {}};
  for (const auto& [spelling, name] : ours) {
    const Shape& expected = expectation->shapes.at(name);
    const auto other = theirs.find(spelling);
    if (other == theirs.end()) {
      result.differences.push_back({name, expected, "", std::nullopt});
    } else if (const Shape& shape = found.at(other->second); shape != expected) {
      result.differences.push_back({name, expected, other->second, shape});
    } else {
      result.names.emplace(name, other->second);
      result.same_names += name == other->second;
    }
  }
  for (const auto& [spelling, name] : theirs) {
    if (!ours.contains(spelling)) result.differences.push_back({"", std::nullopt, name, found.at(name)});
  }
  return result;
}

// The one value that the file has where the network has `ours` along `axis`, when that is all that differs in these tensors.
std::optional<int64_t> other_size(const Fit& fit, size_t axis, int64_t ours, size_t least_rank) {
  std::set<int64_t> sizes;
  for (const Difference& difference : fit.differences) {
    if (!difference.expected_shape || !difference.found_shape) continue;
    const Shape &expected = *difference.expected_shape, &found = *difference.found_shape;
    if (expected.rank() != found.rank() || expected.rank() < least_rank || expected[axis] != ours) continue;
    if (expected.with(axis, found[axis]) == found) sizes.insert(found[axis]);
  }
  return sizes.size() == 1 ? std::optional(*sizes.begin()) : std::nullopt;
}

bool better(const Fit& a, const Fit& b) {
  if (a.differences.empty() != b.differences.empty()) return a.differences.empty();
  if (a.names.size() != b.names.size()) return a.names.size() > b.names.size();
  if (a.differences.size() != b.differences.size()) return a.differences.size() < b.differences.size();
  return a.same_names > b.same_names;
}

// A choice that a network does not have is no candidate.
std::optional<Fit> try_fit(const models::Architecture& architecture, const Shapes& found) {
  try {
    return fit(architecture, found);
  } catch (const Error&) {
    return std::nullopt;
  }
}

models::Architecture published(const std::string& name) {
  const models::ModelEntry entry = models::find_model(name);
  models::Architecture architecture;
  architecture.model = entry.name;
  architecture.input = entry.input;
  architecture.classes = entry.classes;
  return architecture;
}

// The table's networks, and those of the families of any depth that have as many blocks in their last stage as the file.
std::vector<std::string> candidate_names(const Shapes& found) {
  std::vector<std::string> names;
  for (const models::ModelEntry& entry : models::model_table()) names.push_back(entry.name);
  int64_t blocks = 0;
  for (const auto& [spelling, name] : common_spelling(names_of(found))) {
    constexpr std::string_view kStage = "layer3.";
    if (!spelling.starts_with(kStage)) continue;
    int64_t block = 0;
    std::from_chars(spelling.data() + kStage.size(), spelling.data() + spelling.size(), block);
    blocks = std::max(blocks, block + 1);
  }
  const int64_t basic = 6 * blocks + 2, bottleneck = 9 * blocks + 2;
  for (const std::string& name :
       {fmt::format("resnet{}", basic), fmt::format("plain{}", basic), fmt::format("preact-resnet{}-basic", basic),
        fmt::format("resnet{}-bottleneck", bottleneck), fmt::format("preact-resnet{}", bottleneck)}) {
    if (blocks > 0 && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

// The choices that show in a network's tensors.
std::vector<models::Architecture> variants(const models::Architecture& base) {
  using models::Shortcut;
  std::vector<models::Architecture> result;
  for (const auto shortcut :
       {std::optional<Shortcut>{}, std::optional{Shortcut::kA}, std::optional{Shortcut::kB}, std::optional{Shortcut::kC}}) {
    for (int choice = 0; choice < 8; ++choice) {
      models::Architecture variant = base;
      variant.shortcut = shortcut;
      if ((choice & 1) != 0) variant.small_stem = true;
      if ((choice & 2) != 0) variant.separable = true;
      if ((choice & 4) != 0) variant.norm = models::Norm::kNone;
      result.push_back(variant);
    }
  }
  return result;
}

}  // namespace

Fit fit(const models::Architecture& architecture, const Shapes& found) {
  Fit result = compare(architecture, found);
  if (!architecture.graph.empty() || result.differences.empty()) return result;
  models::Architecture adapted = architecture;
  if (const auto classes = other_size(result, 0, architecture.classes, 1); classes && *classes >= 2) adapted.classes = *classes;
  if (const auto channels = other_size(result, 1, architecture.input[0], 4); channels && (*channels == 1 || *channels == 3)) {
    adapted.input = adapted.input.with(0, *channels);
  }
  Fit other = compare(adapted, found);
  return better(other, result) ? other : result;
}

std::optional<Fit> recognise(const Shapes& found) {
  std::vector<Fit> fits;
  for (const std::string& name : candidate_names(found)) {
    try {
      fits.push_back(fit(published(name), found));
    } catch (const Error&) {
      continue;  // a depth that this family does not have
    }
  }
  std::ranges::stable_sort(fits, better);
  constexpr size_t kNearest = 4;
  if (!fits.empty() && !fits.front().differences.empty()) {
    const size_t nearest = std::min(fits.size(), kNearest);
    for (size_t i = 0; i < nearest; ++i) {
      for (const models::Architecture& variant : variants(fits[i].architecture)) {
        if (auto other = try_fit(variant, found)) fits.push_back(std::move(*other));
      }
    }
    std::ranges::stable_sort(fits, better);
  }
  if (fits.empty() || fits.front().names.size() * 2 < found.size()) return std::nullopt;
  return std::move(fits.front());
}

std::string side_by_side(const Fit& fit, size_t most) {
  struct Row {
    std::string expected, expected_shape, found, found_shape;
  };
  const auto cell = [](const std::string& name) { return name.empty() ? std::string("-") : name; };
  const auto shape = [](const std::optional<Shape>& given) { return given ? to_string(*given) : std::string("-"); };
  std::vector<Row> rows{{fit.architecture.model + " expects", "shape", "the file has", "shape"}};
  for (const Difference& difference : fit.differences) {
    if (rows.size() > most) break;
    rows.push_back(
        {cell(difference.expected), shape(difference.expected_shape), cell(difference.found), shape(difference.found_shape)});
  }
  size_t first = 0, second = 0, third = 0;
  for (const Row& row : rows) {
    first = std::max(first, row.expected.size());
    second = std::max(second, row.expected_shape.size());
    third = std::max(third, row.found.size());
  }
  std::string table;
  for (const Row& row : rows) {
    table += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}\n", row.expected, first, row.expected_shape, second, row.found, third,
                         row.found_shape);
  }
  if (fit.differences.size() > most) table += fmt::format("  and {} more\n", fit.differences.size() - most);
  return table;
}

}  // namespace residual::convert
