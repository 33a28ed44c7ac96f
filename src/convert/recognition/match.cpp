#include "convert/recognition/match.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "graph/op.h"
#include "graph/sources.h"
#include "ops/elementwise/add.h"
#include "ops/layers/batch_norm.h"
#include "ops/layers/conv2d.h"
#include "ops/layers/linear.h"
#include "ops/shape/concat.h"

namespace residual::convert {
namespace {

// conv2d: x, weight and perhaps bias. normalize: x, mean, variance, scale, shift.
enum Input : size_t { kX = 0, kWeight = 1, kBias = 2, kMean = 1, kVariance = 2, kScale = 3, kShift = 4 };

class Matcher {
 public:
  Matcher(const Graph& network, const Graph& file) : network_(network), file_(file) {}

  std::optional<std::map<std::string, Origin>> run() {
    const auto ours = network_.find_output("logits"), theirs = file_.find_output("logits");
    if (!ours || !theirs) return std::nullopt;
    const Pair logits{*ours, *theirs};
    if (!same(logits) || !collect(logits) || origins_.size() != network_.variables().size()) return std::nullopt;
    return std::move(origins_);
  }

 private:
  enum class How : uint8_t {
    kDifferent,
    kInOrder,
    kSwapped,
    kFolded,          // batch norm here, the bias of a convolution there
    kBiasBeforeNorm,  // batch norm behind a convolution, which has a bias there
    kWithoutBias      // a layer with bias here, without there
  };
  using Pair = std::pair<Value, Value>;  // one of the network's, one of the file's
  using Pairs = std::vector<Pair>;

  // Networks may be thousands of layers deep: what is still to be decided lies on a stack of our own.
  bool same(Pair logits) {
    // Every node of one graph has its counterpart in the other, and a few more pairs are compared in vain; with any more the
    // graphs differ.
    const size_t most = 8 * (network_.nodes().size() + 100);
    undecided_.push_back(logits);
    while (!undecided_.empty()) {
      if (decided_.size() > most) return false;
      const Pair pair = undecided_.back();
      if (decided_.contains(pair)) {
        undecided_.pop_back();
      } else if (const std::optional<How> how = compare(pair)) {
        decided_.emplace(pair, *how);
      }
    }
    return decided_.at(logits) != How::kDifferent;
  }

  // Nothing where other pairs must be decided first, which are undecided_ then.
  std::optional<How> compare(Pair pair) {
    const auto& [ours, theirs] = pair;
    const Node &a = network_.node(ours.node), &b = file_.node(theirs.node);
    if (ours.output != theirs.output || network_.shape(ours) != file_.shape(theirs)) return How::kDifferent;
    if (is_folded(a, b)) return decided(Pairs{{source_of(network_, a).inputs[kX], b.inputs[kX]}}, How::kFolded);
    if (a.op != b.op) return How::kDifferent;
    if (a.op == &variable_op()) return How::kInOrder;
    if (a.op == &normalize_op()) return compare_norms(a, b);
    if (a.attributes != b.attributes) return How::kDifferent;
    if (lacks_bias(a, b)) return decided(inputs_of(a, b, How::kWithoutBias), How::kWithoutBias);
    const bool sum = a.op == &add_op();
    const std::optional<How> in_order = decided(inputs_of(a, b, How::kInOrder), How::kInOrder, sum);
    if (!sum || in_order != How::kDifferent) return in_order;
    return decided(inputs_of(a, b, How::kSwapped), How::kSwapped, sum);
  }

  // Whatever their epsilons.
  std::optional<How> compare_norms(const Node& a, const Node& b) {
    const Node &ours = source_of(network_, a), &theirs = source_of(file_, b);
    const bool bias = ours.op == &conv2d_op() && ours.op == theirs.op && ours.inputs.size() == kBias &&
                      theirs.inputs.size() > kBias && ours.attributes == theirs.attributes && is_variable(theirs.inputs[kBias]);
    const How how = bias ? How::kBiasBeforeNorm : How::kInOrder;
    return decided(inputs_of(a, b, how), how);
  }

  static bool lacks_bias(const Node& a, const Node& b) {
    return (a.op == &conv2d_op() || a.op == &linear_op()) && a.inputs.size() > kBias && b.inputs.size() == kBias;
  }

  static const Node& source_of(const Graph& graph, const Node& node) { return graph.node(node.inputs[kX].node); }
  bool is_variable(Value value) const { return file_.node(value.node).op == &variable_op(); }

  // `how` where all pairs are the same, kDifferent where one is not, nothing where that is not known yet. Where the pairs are
  // only a guess they are compared one by one, since the first that differs may save the others.
  std::optional<How> decided(const std::optional<Pairs>& pairs, How how, bool guess = false) {
    if (!pairs) return How::kDifferent;
    const size_t before = undecided_.size();
    for (const Pair& pair : *pairs) {
      const auto found = decided_.find(pair);
      if (found == decided_.end()) {
        undecided_.push_back(pair);
        if (guess) break;
      } else if (found->second == How::kDifferent) {
        undecided_.resize(before);
        return How::kDifferent;
      }
    }
    return undecided_.size() == before ? std::optional(how) : std::nullopt;
  }

  // The inputs of two nodes that belong together; nothing where their numbers differ.
  std::optional<Pairs> inputs_of(const Node& a, const Node& b, How how) const {
    std::vector<Value> ours = parts_of(network_, a), theirs = parts_of(file_, b);
    if (how == How::kWithoutBias) ours.pop_back();
    if (how == How::kBiasBeforeNorm) {  // in place of the convolutions what these read
      const Node &convolution = source_of(network_, a), &other = source_of(file_, b);
      ours.front() = convolution.inputs[kX], theirs.front() = other.inputs[kX];
      ours.push_back(convolution.inputs[kWeight]), theirs.push_back(other.inputs[kWeight]);
    }
    if (ours.size() != theirs.size()) return std::nullopt;
    Pairs pairs;
    for (size_t i = 0; i < ours.size(); ++i) pairs.emplace_back(ours[i], theirs[how == How::kSwapped ? 1 - i : i]);
    return pairs;
  }

  // A node's inputs. What is concatenated step by step here may be concatenated at once there.
  static std::vector<Value> parts_of(const Graph& graph, const Node& node) {
    if (node.op != &concat_op()) return node.inputs;
    std::vector<Value> parts, open(node.inputs.rbegin(), node.inputs.rend());
    while (!open.empty()) {
      const Value part = open.back();
      open.pop_back();
      const Node& before = graph.node(part.node);
      if (before.op == node.op && before.attributes == node.attributes)
        open.insert(open.end(), before.inputs.rbegin(), before.inputs.rend());
      else
        parts.push_back(part);
    }
    return parts;
  }

  // A convolution with batch norm behind it here, one alone there.
  bool is_folded(const Node& a, const Node& b) const {
    if (a.op != &normalize_op() || b.op != &conv2d_op()) return false;
    const Node& convolution = source_of(network_, a);
    return is_variable(b.inputs[kWeight]) && (b.inputs.size() == kBias || is_variable(b.inputs[kBias])) &&
           convolution.op == b.op && convolution.attributes == b.attributes &&
           network_.shape(convolution.inputs[kWeight]) == file_.shape(b.inputs[kWeight]);
  }

  // The second walk, along what the first decided.
  bool collect(Pair logits) {
    std::set<Pair> met{logits};
    Pairs open{logits};
    while (!open.empty()) {
      const auto [ours, theirs] = open.back();
      open.pop_back();
      const Node &a = network_.node(ours.node), &b = file_.node(theirs.node);
      const How how = decided_.at({ours, theirs});
      Pairs read;
      if (how == How::kFolded) {
        if (!collect_folded(a, b)) return false;
        read.emplace_back(source_of(network_, a).inputs[kX], b.inputs[kX]);
      } else if (a.op == &variable_op()) {
        if (!set(ours, {variable_of(file_, theirs)})) return false;
      } else {
        read = inputs_of(a, b, how).value();
        if (how == How::kWithoutBias && !set(a.inputs[kBias], {})) return false;
        if (a.op == &normalize_op() && !collect_norm(a, b, how, read)) return false;
      }
      for (const Pair& pair : read) {
        if (met.insert(pair).second) open.push_back(pair);
      }
    }
    return true;
  }

  // The convolution's tensors, and a batch norm that adds its bias.
  bool collect_folded(const Node& norm, const Node& theirs) {
    const Node& convolution = source_of(network_, norm);
    const Origin shift = theirs.inputs.size() > kBias ? Origin{variable_of(file_, theirs.inputs[kBias])} : Origin{};
    const auto scale = static_cast<float>(std::sqrt(1 + norm.attributes.as<NormalizeAttrs>().eps));
    return set(convolution.inputs[kWeight], {variable_of(file_, theirs.inputs[kWeight])}) &&
           (convolution.inputs.size() <= kBias || set(convolution.inputs[kBias], {})) && set(norm.inputs[kMean], {}) &&
           set(norm.inputs[kVariance], {.fill = 1}) && set(norm.inputs[kScale], {.fill = scale}) &&
           set(norm.inputs[kShift], shift);
  }

  // A batch norm's mean and scale where they are not the file's; these are taken out of `read`.
  bool collect_norm(const Node& ours, const Node& theirs, How how, Pairs& read) {
    const double eps = ours.attributes.as<NormalizeAttrs>().eps, other = theirs.attributes.as<NormalizeAttrs>().eps;
    const auto take = [&](Input input, const Origin& origin) {
      std::erase(read, Pair{ours.inputs[input], theirs.inputs[input]});
      return set(ours.inputs[input], origin);
    };
    Origin mean{variable_of(file_, theirs.inputs[kMean])}, scale{variable_of(file_, theirs.inputs[kScale])};
    if (how == How::kBiasBeforeNorm) mean.less = variable_of(file_, source_of(file_, theirs).inputs[kBias]);
    if (eps != other) scale.epsilon = OtherEpsilon{variable_of(file_, theirs.inputs[kVariance]), eps, other};
    return (mean.less.empty() || take(kMean, mean)) && (!scale.epsilon || take(kScale, scale));
  }

  // Of two nodes that read one Variable both must find the same tensor.
  bool set(Value ours, const Origin& origin) {
    const auto [known, fresh] = origins_.emplace(variable_of(network_, ours), origin);
    return fresh || known->second == origin;
  }

  static std::string variable_of(const Graph& graph, Value value) {
    const Node& node = graph.node(value.node);
    return node.op == &variable_op() ? node.attributes.as<VariableAttrs>().variable : std::string();
  }

  const Graph &network_, &file_;
  std::map<Pair, How> decided_;
  Pairs undecided_;
  std::map<std::string, Origin> origins_;
};

}  // namespace

Tensor values_of(const Origin& origin, const Shape& shape, const io::Tensors& file) {
  Tensor result = origin.tensor.empty() ? Tensor(DType::kF32, shape) : file.at(origin.tensor).clone();
  const std::span<float> values = result.as<float>();
  if (origin.tensor.empty()) std::ranges::fill(values, origin.fill);
  if (!origin.less.empty()) {
    const std::span<const float> less = file.at(origin.less).as<float>();
    for (size_t i = 0; i < values.size(); ++i) values[i] -= less[i];
  }
  if (origin.epsilon) {
    const std::span<const float> variance = file.at(origin.epsilon->variance).as<float>();
    for (size_t i = 0; i < values.size(); ++i)
      values[i] *= static_cast<float>(std::sqrt((variance[i] + origin.epsilon->ours) / (variance[i] + origin.epsilon->theirs)));
  }
  return result;
}

std::optional<std::map<std::string, Origin>> match(const Graph& network, const Graph& file) {
  return Matcher(network, file).run();
}

}  // namespace residual::convert
