#include "convert/match.h"

#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "graph/op.h"
#include "graph/sources.h"
#include "ops/add.h"
#include "ops/batch_norm.h"
#include "ops/concat.h"
#include "ops/conv2d.h"

namespace residual::convert {
namespace {

// conv2d: x, weight and perhaps bias. normalize: x, mean, variance, scale, shift.
enum Input : size_t { kX = 0, kWeight = 1, kBias = 2, kMean = 1, kVariance = 2, kScale = 3, kShift = 4 };

class Matcher {
 public:
  Matcher(const Graph& network, const Graph& file) : network_(network), file_(file) {}

  std::optional<std::map<std::string, Origin>> run() {
    const auto ours = network_.find_output("logits"), theirs = file_.find_output("logits");
    if (!ours || !theirs || !same(*ours, *theirs) || !collect(*ours, *theirs)) return std::nullopt;
    return std::move(origins_);
  }

 private:
  enum class How : uint8_t { kDifferent, kInOrder, kSwapped, kFolded };
  using Pair = std::pair<Value, Value>;  // one of the network's, one of the file's

  bool same(Value ours, Value theirs) {
    if (const auto known = decided_.find({ours, theirs}); known != decided_.end()) return known->second != How::kDifferent;
    const How how = compare(ours, theirs);
    decided_.emplace(Pair{ours, theirs}, how);
    return how != How::kDifferent;
  }

  How compare(Value ours, Value theirs) {
    const Node &a = network_.node(ours.node), &b = file_.node(theirs.node);
    if (ours.output != theirs.output || network_.shape(ours) != file_.shape(theirs)) return How::kDifferent;
    if (is_folded(a, b)) return same(network_.node(a.inputs[kX].node).inputs[kX], b.inputs[kX]) ? How::kFolded : How::kDifferent;
    if (a.op != b.op) return How::kDifferent;
    if (a.op == &variable_op()) return How::kInOrder;
    if (a.attributes.fields() != b.attributes.fields()) return How::kDifferent;
    if (pairwise(a, b, false)) return How::kInOrder;
    return a.op == &add_op() && pairwise(a, b, true) ? How::kSwapped : How::kDifferent;
  }

  bool pairwise(const Node& a, const Node& b, bool swapped) {
    const std::vector<Value> ours = inputs_of(network_, a), theirs = inputs_of(file_, b);
    if (ours.size() != theirs.size()) return false;
    for (size_t i = 0; i < ours.size(); ++i) {
      if (!same(ours[i], theirs[swapped ? 1 - i : i])) return false;
    }
    return true;
  }

  // What is concatenated step by step here may be concatenated at once there.
  static std::vector<Value> inputs_of(const Graph& graph, const Node& node) {
    if (node.op != &concat_op()) return node.inputs;
    std::vector<Value> parts;
    for (const Value& input : node.inputs) {
      const Node& before = graph.node(input.node);
      const bool nested = before.op == node.op && before.attributes.fields() == node.attributes.fields();
      const std::vector<Value> inner = nested ? inputs_of(graph, before) : std::vector<Value>{input};
      parts.insert(parts.end(), inner.begin(), inner.end());
    }
    return parts;
  }

  // A convolution with batch norm behind it here, one with bias there.
  bool is_folded(const Node& a, const Node& b) const {
    if (a.op != &normalize_op() || b.op != &conv2d_op() || b.inputs.size() <= kBias) return false;
    const Node& convolution = network_.node(a.inputs[kX].node);
    const auto is_variable = [&](Value value) { return file_.node(value.node).op == &variable_op(); };
    return is_variable(b.inputs[kWeight]) && is_variable(b.inputs[kBias]) && convolution.op == b.op &&
           convolution.attributes.fields() == b.attributes.fields() &&
           network_.shape(convolution.inputs[kWeight]) == file_.shape(b.inputs[kWeight]);
  }

  // The second walk, along what the first decided.
  bool collect(Value ours, Value theirs) {
    if (!collected_.insert({ours, theirs}).second) return true;
    const Node &a = network_.node(ours.node), &b = file_.node(theirs.node);
    const How how = decided_.at({ours, theirs});
    if (how == How::kFolded) return collect_folded(a, b);
    if (a.op == &variable_op()) return set(ours, {variable_of(file_, theirs)});
    const std::vector<Value> mine = inputs_of(network_, a), others = inputs_of(file_, b);
    for (size_t i = 0; i < mine.size(); ++i) {
      if (!collect(mine[i], others[how == How::kSwapped ? 1 - i : i])) return false;
    }
    return true;
  }

  bool collect_folded(const Node& norm, const Node& theirs) {
    const Node& convolution = network_.node(norm.inputs[kX].node);
    const auto scale = static_cast<float>(std::sqrt(1 + norm.attributes.as<NormalizeAttrs>().eps));
    return set(convolution.inputs[kWeight], {variable_of(file_, theirs.inputs[kWeight])}) &&
           (convolution.inputs.size() <= kBias || set(convolution.inputs[kBias], {})) && set(norm.inputs[kMean], {}) &&
           set(norm.inputs[kVariance], {.fill = 1}) && set(norm.inputs[kScale], {.fill = scale}) &&
           set(norm.inputs[kShift], {variable_of(file_, theirs.inputs[kBias])}) &&
           collect(convolution.inputs[kX], theirs.inputs[kX]);
  }

  // Of two nodes that read one Variable both must find the same tensor.
  bool set(Value ours, const Origin& origin) {
    const auto [known, fresh] = origins_.emplace(variable_of(network_, ours), origin);
    return fresh || (known->second.tensor == origin.tensor && known->second.fill == origin.fill);
  }

  static std::string variable_of(const Graph& graph, Value value) {
    const Node& node = graph.node(value.node);
    return node.op == &variable_op() ? node.attributes.as<VariableAttrs>().variable : std::string();
  }

  const Graph &network_, &file_;
  std::map<Pair, How> decided_;
  std::set<Pair> collected_;
  std::map<std::string, Origin> origins_;
};

}  // namespace

std::optional<std::map<std::string, Origin>> match(const Graph& network, const Graph& file) {
  return Matcher(network, file).run();
}

}  // namespace residual::convert
