#include "convert/recognition/leftover.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "convert/names/prefixes.h"

namespace residual::convert {
namespace {

using Parts = std::vector<std::string>;

// What the network's last layer takes and gives.
struct Head {
  int64_t features = 0, classes = 0;
};

std::optional<Head> head_of(const Found& found) {
  const auto name = found.spelled.find("head.weight");
  if (name == found.spelled.end()) return std::nullopt;
  const Shape& shape = found.shapes.at(name->second);
  return shape.rank() == 2 ? std::optional(Head{shape[1], shape[0]}) : std::nullopt;
}

// The parts of a name up to the one that parts it from the prefix.
size_t group_size(const Parts& parts, const Parts& prefix) {
  const auto [end, unused] = std::ranges::mismatch(parts, prefix);
  return std::min(static_cast<size_t>(end - parts.begin()) + 1, parts.size());
}

class Judge {
 public:
  explicit Judge(const Found& found)
      : found_(found), prefix_(found.prefix.empty() ? Parts{} : parts_of(found.prefix)), head_(head_of(found)) {
    for (const auto& [name, shape] : found.shapes) {
      const Parts parts = parts_of(name);
      const size_t group = group_size(parts, prefix_);
      bool like_a_network = false;
      for (size_t i = group; i + 1 < parts.size() && i < group + kDeepest; ++i) {
        like_a_network = like_a_network || begins_like_a_network(parts, i);
      }
      if (like_a_network) ++network_names_[group_of(parts, group)];
    }
  }

  bool is_unrelated(const std::string& name) const {
    const Parts parts = parts_of(name);
    const std::string& leaf = parts.back();
    if (leaf == "total_ops" || leaf == "total_params") return true;  // of the profiler thop
    const size_t group = group_size(parts, prefix_);
    if (is_another_network(parts, group)) return true;
    const bool beside = group == prefix_.size() + 1;  // among the network's own layers
    if (beside && parts.size() > group && begins_like_a_network(parts, group - 1)) return false;
    return !is_a_layer_of_it(parts, beside, found_.shapes.at(name));
  }

 private:
  static constexpr size_t kDeepest = 3;  // parts between a group and the network in it

  static std::string group_of(const Parts& parts, size_t size) {
    std::string group;
    for (size_t i = 0; i < size; ++i) group += parts[i] + ".";
    return group;
  }

  // A group outside the prefix with at least as many names like a network's as a small one has.
  bool is_another_network(const Parts& parts, size_t group) const {
    constexpr size_t kFewest = 12;
    if (begins_like_a_network(parts, group - 1)) return false;
    const auto names = network_names_.find(group_of(parts, group));
    return names != network_names_.end() && names->second >= kFewest;
  }

  // A convolution; a norm or activation among the network's layers; or what could lie between features and logits, or behind.
  bool is_a_layer_of_it(const Parts& parts, bool beside, const Shape& shape) const {
    const std::string& leaf = parts.back();
    const bool weight = leaf == "weight";
    if (!head_ || (weight && shape.rank() == 4)) return true;
    if (shape.rank() == 1 && (weight || leaf == "running_mean"))
      return shape[0] == head_->features || (beside && !is_loss(parts[prefix_.size()]));
    return weight && shape.rank() == 2 && (shape[1] == head_->classes || shape[0] == head_->features);
  }

  static bool is_loss(const std::string& part) {
    return part.find("loss") != std::string::npos || part.find("criterion") != std::string::npos;
  }

  const Found& found_;
  Parts prefix_;
  std::optional<Head> head_;
  std::map<std::string, size_t> network_names_;  // by group
};

}  // namespace

std::vector<std::string> unrelated(const std::vector<std::string>& leftover, const Found& found) {
  if (leftover.empty()) return {};
  const Judge judge(found);
  std::vector<std::string> result;
  for (const std::string& name : leftover) {
    if (judge.is_unrelated(name)) result.push_back(name);
  }
  return result;
}

}  // namespace residual::convert
