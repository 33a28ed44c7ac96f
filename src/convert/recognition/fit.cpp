#include "convert/recognition/fit.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "convert/names/prefixes.h"
#include "convert/recognition/leftover.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "core/text.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// No network here has names that long or so many tensors.
constexpr size_t kLongestName = 512, kMostTensors = 100'000;

Fit compare(const models::Architecture& architecture, const Found& found, const Builder& build) {
  const std::shared_ptr<const Expected> expectation = expected_of(architecture, build);
  const auto& ours = expectation->spelled;
  Fit result{.architecture = architecture, .names = {}, .differences = {}, .ignored = {}, .prefix = found.prefix, .also = {}};
  for (const auto& [spelling, name] : ours) {
    const Shape& expected = expectation->shapes.at(name);
    const auto other = found.spelled.find(spelling);
    if (other == found.spelled.end()) {
      result.differences.push_back({name, expected, "", std::nullopt});
    } else if (const Shape& shape = found.shapes.at(other->second); shape != expected) {
      result.differences.push_back({name, expected, other->second, shape});
    } else {
      result.names.emplace(name, other->second);
      result.same_names += name == other->second;
    }
  }
  std::vector<std::string> leftover = found.outside;
  for (const auto& [spelling, name] : found.spelled) {
    if (!ours.contains(spelling)) leftover.push_back(name);
  }
  result.ignored = unrelated(leftover, found);
  const std::set<std::string_view> ignored(result.ignored.begin(), result.ignored.end());
  for (const std::string& name : leftover) {
    if (!ignored.contains(name)) result.differences.push_back({"", std::nullopt, name, found.shapes.at(name)});
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

}  // namespace

Graph build_for_one_image(const models::Architecture& architecture) {
  return models::inference_graph(architecture, 1);
}

std::shared_ptr<const Expected> expected_of(const models::Architecture& architecture, const Builder& build) {
  constexpr size_t kMostKept = 150'000;  // tensors: all networks of the table in their usual variants
  static size_t kept = 0;
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Expected>> known;
  const std::string key = architecture.to_json();
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  auto expected = std::make_shared<Expected>();
  const Graph graph = build(architecture);
  for (const auto& [name, variable] : graph.variables()) {
    expected->shapes.emplace(name, variable.type.shape);
  }
  expected->spelled = common_spelling(expected->shapes).names;
  const bool of_a_file = architecture.description || !architecture.graph.empty();
  if (of_a_file || expected->shapes.size() > kMostKept / 10) return expected;
  const std::lock_guard lock(mutex);
  if (kept > kMostKept) {
    known.clear();
    kept = 0;
  }
  kept += expected->shapes.size();
  return known.emplace(key, std::move(expected)).first->second;
}

Shapes shapes_of(const io::Tensors& tensors) {
  Shapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.shape());
  return shapes;
}

Found found_under(const Shapes& shapes, const std::string& prefix) {
  Spelling spelling = common_spelling(shapes, prefix);
  Shapes inside;
  for (const auto& [spelled, name] : spelling.names) inside.emplace(name, shapes.at(name));
  return {shapes, prefix, std::move(inside), std::move(spelling.names), std::move(spelling.outside)};
}

bool may_be_a_network(const Shapes& shapes) {
  return shapes.size() <= kMostTensors &&
         std::ranges::none_of(shapes, [](const auto& tensor) { return tensor.first.size() > kLongestName; });
}

int rank_among_equals(const models::Architecture& architecture) {
  const std::optional<models::Description> network = models::described(architecture);
  if (!network) return 0;
  return 2 * (network->shortcut.kind == models::Shortcut::kNone) + network->block.pre_activation;
}

bool better(const Fit& a, const Fit& b) {
  if (a.differences.empty() != b.differences.empty()) return a.differences.empty();
  if (a.names.size() != b.names.size()) return a.names.size() > b.names.size();
  if (a.differences.size() != b.differences.size()) return a.differences.size() < b.differences.size();
  if (a.same_names != b.same_names) return a.same_names > b.same_names;
  return a.differences.empty() && rank_among_equals(a.architecture) < rank_among_equals(b.architecture);
}

Fit fit(const models::Architecture& architecture, const Found& found, const Builder& build) {
  Fit result = compare(architecture, found, build);
  if (!architecture.graph.empty() || result.differences.empty()) return result;
  models::Architecture adapted = architecture;
  if (const auto classes = other_size(result, 0, architecture.classes, 1); classes && *classes >= kLeastClasses)
    adapted.classes = *classes;
  if (const auto channels = other_size(result, 1, architecture.input[0], 4); channels && (*channels == 1 || *channels == 3)) {
    adapted.input = adapted.input.with(0, *channels);
  }
  if (adapted.classes == architecture.classes && adapted.input == architecture.input) return result;
  Fit other = compare(adapted, found, build);
  return better(other, result) ? other : result;
}

Fit fit(const models::Architecture& architecture, const Shapes& shapes) {
  if (!may_be_a_network(shapes)) {
    fail(ErrorKind::kBadFile, "the file has {} tensors; at most {}, and names of at most {} bytes, are expected of a network",
         shapes.size(), kMostTensors, kLongestName);
  }
  std::optional<Fit> best;
  for (const std::string& prefix : likely_prefixes(shapes)) {
    Fit candidate = fit(architecture, found_under(shapes, prefix));
    if (!best || better(candidate, *best)) best = std::move(candidate);
    if (best->differences.empty()) break;
  }
  return std::move(*best);
}

std::string side_by_side(const Fit& fit, size_t most) {
  const auto cell = [](const std::string& name) { return name.empty() ? std::string("-") : printable(name); };
  const auto shape = [](const std::optional<Shape>& given) { return given ? to_string(*given) : std::string("-"); };
  std::vector<std::vector<std::string>> rows{{printable(fit.architecture.model) + " expects", "shape", "the file has", "shape"}};
  for (const Difference& difference : fit.differences) {
    if (rows.size() > most) break;
    rows.push_back(
        {cell(difference.expected), shape(difference.expected_shape), cell(difference.found), shape(difference.found_shape)});
  }
  std::string table = table_text(rows);
  if (fit.differences.size() > most) table += fmt::format("  and {} more\n", fit.differences.size() - most);
  return table;
}

}  // namespace residual::convert
