#include "convert/recognise.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <span>

#include "convert/names.h"
#include "core/error.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "core/text.h"
#include "models/densenet.h"
#include "models/families.h"
#include "models/table.h"
#include "models/vgg.h"

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

Graph build_for_one_image(const models::Architecture& architecture) {
  return models::inference_graph(architecture, 1);
}

// One file may need all networks of the table, so what was built is kept for the next file.
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
  expected->spelled = common_spelling(names_of(expected->shapes));
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

// The file's tensors, how their names are commonly spelled, and how the networks are built that they are compared with.
struct Found {
  const Shapes& shapes;
  std::map<std::string, std::string> spelled;
  const Builder& build;
};

// No network here has names that long or so many tensors: what comes from anywhere may take time and memory in proportion to a
// file.
constexpr size_t kLongestName = 512, kMostTensors = 100'000;

bool may_be_a_network(const Shapes& shapes) {
  return shapes.size() <= kMostTensors &&
         std::ranges::none_of(shapes, [](const auto& tensor) { return tensor.first.size() > kLongestName; });
}

Found spelled(const Shapes& shapes, const Builder& build) {
  return {shapes, common_spelling(names_of(shapes)), build};
}

Fit compare(const models::Architecture& architecture, const Found& found) {
  const std::shared_ptr<const Expected> expectation = expected_of(architecture, found.build);
  const auto& ours = expectation->spelled;
  Fit result{architecture, {}, 0, {}};
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
  for (const auto& [spelling, name] : found.spelled) {
    if (!ours.contains(spelling)) result.differences.push_back({"", std::nullopt, name, found.shapes.at(name)});
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

// Of networks that have the same tensors the one of the lowest rank is taken: those that most people train come first.
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

Fit fit(const models::Architecture& architecture, const Found& found) {
  Fit result = compare(architecture, found);
  if (!architecture.graph.empty() || result.differences.empty()) return result;
  models::Architecture adapted = architecture;
  if (const auto classes = other_size(result, 0, architecture.classes, 1); classes && *classes >= kLeastClasses)
    adapted.classes = *classes;
  if (const auto channels = other_size(result, 1, architecture.input[0], 4); channels && (*channels == 1 || *channels == 3)) {
    adapted.input = adapted.input.with(0, *channels);
  }
  if (adapted.classes == architecture.classes && adapted.input == architecture.input) return result;
  Fit other = compare(adapted, found);
  return better(other, result) ? other : result;
}

// Whether the network has enough of the file's names to be worth a closer look.
bool shares_names(const models::Architecture& architecture, const Found& found) {
  const std::shared_ptr<const Expected> expected = expected_of(architecture, found.build);
  const auto shared =
      std::ranges::count_if(found.spelled, [&](const auto& name) { return expected->spelled.contains(name.first); });
  return 4 * static_cast<size_t>(shared) >= found.spelled.size();
}

// The few best fits, best first; of two that are equally good the one that came first.
class Nearest {
 public:
  // A network that does not have the choice or depth is not a candidate.
  void consider(const models::Architecture& architecture, const Found& found) {
    try {
      if (!shares_names(architecture, found)) return;
      Fit candidate = fit(architecture, found);
      fits_.insert(std::ranges::upper_bound(fits_, candidate, better), std::move(candidate));
      if (fits_.size() > kNearest) fits_.pop_back();
    } catch (const Error&) {
    }
  }
  std::vector<Fit>& fits() { return fits_; }

  // Whether no other network can be a better fit than the first.
  bool settled() const {
    return !fits_.empty() && fits_.front().differences.empty() && rank_among_equals(fits_.front().architecture) == 0;
  }

 private:
  static constexpr size_t kNearest = 4;
  std::vector<Fit> fits_;
};

// The number of blocks in a stage, counted from 1. Each has at least two tensors; files that number more are not networks.
int64_t blocks_of(const Found& found, size_t stage) {
  const std::string beginning = fmt::format("layer{}.", stage);
  int64_t blocks = 0;
  for (auto at = found.spelled.lower_bound(beginning); at != found.spelled.end() && at->first.starts_with(beginning); ++at) {
    int64_t block = 0;
    std::from_chars(at->first.data() + beginning.size(), at->first.data() + at->first.size(), block);
    blocks = std::max(blocks, std::min(block, models::kMostBlocks) + 1);
  }
  return 2 * blocks <= static_cast<int64_t>(found.shapes.size()) ? blocks : 0;
}

// Convolutions and linear layers.
int64_t layers_of(const Shapes& shapes) {
  return std::ranges::count_if(shapes, [](const auto& tensor) { return tensor.second.rank() == 2 || tensor.second.rank() == 4; });
}

// Output channels of the widest convolution: four times the first stage's in a network of three stages whose blocks are basic.
int64_t widest(const Shapes& shapes) {
  int64_t most = 0;
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() == 4) most = std::max(most, shape[0]);
  }
  return most;
}

// Output channels that most 3x3 convolutions have: what each layer of a DenseNet adds.
int64_t commonest_width(const Shapes& shapes) {
  std::map<int64_t, int64_t> counts;
  for (const auto& [name, shape] : shapes) {
    if (shape.rank() == 4 && shape[2] == 3) ++counts[shape[0]];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? 0 : most->first;
}

std::vector<std::string> listed_names() {
  std::vector<std::string> names;
  for (const models::ModelEntry& entry : models::model_table()) names.push_back(entry.name);
  return names;
}

void add_missing(std::vector<std::string>& names, const std::vector<std::string>& members) {
  for (const std::string& name : members) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
}

// The table's networks, and those of the families of any depth that have as many blocks in their last stage, or as many
// layers, as the file.
std::vector<std::string> candidate_names(const Found& found) {
  std::vector<std::string> names = listed_names();
  add_missing(names, models::family_members_with(blocks_of(found, 3), widest(found.shapes) / 4));
  add_missing(names, models::densenets_with(layers_of(found.shapes), commonest_width(found.shapes)));
  return names;
}

bool any_kernel(const Shapes& shapes, const std::function<bool(const Shape&)>& is_so) {
  return std::ranges::any_of(shapes, [&](const auto& tensor) { return tensor.second.rank() == 4 && is_so(tensor.second); });
}

// The choices that a glance at the file's tensors settles.
struct Traits {
  explicit Traits(const Shapes& shapes)
      : large_stem(any_kernel(shapes, [](const Shape& kernel) { return kernel[2] == 7; })),
        separable(any_kernel(shapes, [](const Shape& kernel) { return kernel[1] == 1 && kernel[2] == 3; })),
        bare(std::ranges::none_of(shapes, [](const auto& tensor) { return tensor.first.ends_with("running_var"); })) {}

  bool large_stem, separable, bare;
};

models::Architecture with_traits(models::Architecture architecture, const Traits& traits) {
  if (traits.separable) architecture.separable = true;
  if (traits.bare) architecture.norm = models::Norm::kNone;
  return architecture;
}

// Of these networks the ones that may have as many layers as the file: no other fits completely.
std::vector<std::string> able_to_fit(const std::vector<std::string>& names, const Found& found, const Traits& traits) {
  const int64_t layers = layers_of(found.shapes);
  std::vector<std::string> able;
  for (const std::string& name : names) {
    const LayerRange range = layer_range(models::published(name));
    const int64_t most = traits.separable ? 2 * range.most : range.most;  // each 3x3 convolution is two then
    if (layers >= range.least && layers <= most) able.push_back(name);
  }
  return able;
}

Nearest nearest_of(const std::vector<std::string>& names, const Found& found, const Traits& traits) {
  Nearest nearest;
  for (const std::string& name : names) {
    const models::Architecture candidate = models::published(name);
    nearest.consider(candidate, found);
    if (traits.separable || traits.bare) nearest.consider(with_traits(candidate, traits), found);
  }
  return nearest;
}

// Whether enough names begin as those of some network do; see shares_names.
bool has_known_names(const Found& found) {
  const auto known =
      std::ranges::count_if(found.spelled, [](const auto& name) { return is_known_beginning(beginning_of(name.first)); });
  return 4 * static_cast<size_t>(known) >= found.spelled.size();
}

// The choices that show in a network's tensors.
std::vector<models::Architecture> variants(const models::Architecture& base, const Traits& traits) {
  using models::Shortcut;
  std::vector<models::Architecture> result;
  for (const auto shortcut :
       {std::optional<Shortcut>{}, std::optional{Shortcut::kA}, std::optional{Shortcut::kB}, std::optional{Shortcut::kC}}) {
    models::Architecture variant = base;
    variant.shortcut = shortcut;
    result.push_back(variant);
    variant.small_stem = true;
    if (!traits.large_stem) result.push_back(std::move(variant));
  }
  return result;
}

// The network with as many blocks in each stage as the file has, where that is another number.
std::optional<models::Architecture> with_the_files_blocks(const models::Architecture& base, const Found& found) {
  std::optional<models::Description> network = models::described(base);
  if (!network) return std::nullopt;
  std::vector<int64_t> blocks;
  for (size_t stage = 1; stage <= network->stages.size(); ++stage) blocks.push_back(blocks_of(found, stage));
  for (size_t stage = 0; stage < blocks.size(); ++stage) network->stages[stage].blocks = blocks[stage];
  if (std::ranges::find(blocks, 0) != blocks.end() || network == models::described(base)) return std::nullopt;
  network->name = fmt::format("resnet-{}", fmt::join(blocks, "-"));
  network->summary = fmt::format("{} with {} blocks", base.model, fmt::join(blocks, "-"));
  models::Architecture result;
  result.model = network->name;
  result.input = base.input;
  result.classes = base.classes;
  result.description = std::move(network);
  return result;
}

}  // namespace

Shapes shapes_of(const io::Tensors& tensors) {
  Shapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.shape());
  return shapes;
}

Fit fit(const models::Architecture& architecture, const Shapes& found) {
  if (!may_be_a_network(found)) {
    fail(ErrorKind::kBadFile, "the file has {} tensors; at most {}, and names of at most {} bytes, are expected of a network",
         found.size(), kMostTensors, kLongestName);
  }
  return fit(architecture, spelled(found, build_for_one_image));
}

std::optional<Fit> recognise(const Shapes& shapes) {
  return recognise(shapes, build_for_one_image);
}

std::optional<Fit> recognise(const Shapes& shapes, const Builder& build) {
  if (!may_be_a_network(shapes)) return std::nullopt;
  const Found found = spelled(shapes, build);
  if (!has_known_names(found)) return std::nullopt;
  const Traits traits(shapes);
  const std::vector<std::string> names = candidate_names(found);
  Nearest nearest = nearest_of(able_to_fit(names, found, traits), found, traits);
  if (!nearest.settled()) nearest = nearest_of(names, found, traits);
  std::vector<models::Architecture> bases;  // those that are worth the time that their variants take
  for (const Fit& fit : nearest.fits()) {
    if (4 * fit.names.size() >= shapes.size()) bases.push_back(fit.architecture);
  }
  if (bases.empty()) return std::nullopt;
  if (!nearest.settled()) {
    for (const models::Architecture& base : bases) {
      for (const models::Architecture& variant : variants(base, traits)) nearest.consider(variant, found);
    }
  }
  if (!nearest.fits().front().differences.empty()) {
    for (const models::Architecture& base : bases) {
      if (const auto other = with_the_files_blocks(base, found)) nearest.consider(*other, found);
    }
  }
  Fit& best = nearest.fits().front();
  if (best.names.size() * 2 < shapes.size()) return std::nullopt;
  for (const Fit& other : std::span(nearest.fits()).subspan(1)) {
    const bool alike = other.differences.empty() && other.same_names == best.same_names;
    if (best.differences.empty() && alike && rank_among_equals(other.architecture) != rank_among_equals(best.architecture))
      best.also.push_back(other.architecture);
  }
  return std::move(best);
}

LayerRange layer_range(const models::Architecture& architecture) {
  if (const std::optional<models::Description> network = models::described(architecture)) {
    const bool four = network->block.separable;  // two 3x3 or one between two 1x1, each 3x3 being two layers
    const int64_t in_a_block = four ? 4 : network->block.kind == models::BlockKind::kBottleneck ? 3 : 2;
    const auto stem = static_cast<int64_t>(network->stem.convolutions.size());
    const auto head = static_cast<int64_t>(network->head.hidden.size()) + 1;
    const int64_t least = stem + in_a_block * network->blocks() + head;
    return {least, least + network->blocks()};
  }
  int64_t layers = 1;  // "linear"
  if (const auto dense = models::densenet_named(architecture.model)) {
    const auto blocks = static_cast<int64_t>(dense->blocks.size());
    layers = 1 + (dense->bottleneck ? 2 : 1) * std::reduce(dense->blocks.begin(), dense->blocks.end()) + (blocks - 1) + 1;
  } else if (const auto vgg = models::vgg_named(architecture.model)) {
    layers = std::reduce(vgg->blocks.begin(), vgg->blocks.end()) + 3;
  }
  return {layers, layers};
}

std::string beginning_of(const std::string& spelling) {
  std::string beginning = spelling.substr(0, spelling.find('.'));
  std::erase_if(beginning, [](char letter) { return letter >= '0' && letter <= '9'; });
  return beginning;
}

bool is_known_beginning(const std::string& beginning) {
  constexpr std::array<std::string_view, 8> kKnown{"", "bn", "classifier", "conv", "fc", "features", "head", "layer"};
  return std::ranges::find(kKnown, beginning) != kKnown.end();
}

std::vector<models::Architecture> of_as_many_layers(const Shapes& found) {
  constexpr int64_t kMostProjections = 3;  // those of a family's network, which most names do not count
  const int64_t count = layers_of(found);
  std::vector<models::Architecture> result;
  const auto consider = [&](const models::Architecture& candidate) {
    if (layers_of(expected_of(candidate, build_for_one_image)->shapes) == count) result.push_back(candidate);
  };
  std::vector<std::string> names = listed_names();
  add_missing(names, models::densenets_with(count, commonest_width(found)));
  std::vector<std::string> members;
  for (int64_t depth = count - kMostProjections; depth <= count; ++depth) {
    add_missing(members, models::family_members_of_depth(depth, widest(found) / 4));
  }
  add_missing(names, members);
  for (const std::string& name : names) consider(models::published(name));
  for (const std::string& name : members) {  // shortcuts that pad, as published, are often replaced by projections
    models::Architecture candidate = models::published(name);
    if (models::described(candidate)->shortcut.kind != models::Shortcut::kA) continue;
    candidate.shortcut = models::Shortcut::kB;
    consider(candidate);
  }
  return result;
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
