#include "io/onnx/import/onnx_qoperator.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

namespace residual::io {
namespace {

// Three inputs in a row: a tensor, its scale and its zero point.
struct Tensor3 {
  std::string tensor, scale, zero;
};

// The nodes that stand for one of the document.
class Replacement {
 public:
  explicit Replacement(const OnnxNode& node) : node_(node) {}

  Tensor3 from(size_t input) const { return {at(input), at(input + 1), at(input + 2)}; }
  std::string at(size_t input) const { return input < node_.inputs.size() ? node_.inputs[input] : std::string(); }

  std::string dequantized(const Tensor3& from, std::optional<int64_t> axis = {}) {
    return append("DequantizeLinear", {from.tensor, from.scale, from.zero}, axis);
  }
  // A bias, whose scale is the product of the other two.
  std::string dequantized_bias(const std::string& bias, const std::string& a, const std::string& b) {
    return bias.empty() ? bias : append("DequantizeLinear", {bias, append("Mul", {a, b}), ""}, 0);
  }
  // The operator itself, with its attributes but for `without`.
  std::string computed(std::string_view op, std::vector<std::string> inputs, std::string_view without = {}) {
    std::string output = append(op, std::move(inputs));
    nodes_.back().attributes = node_.attributes;
    nodes_.back().attributes.erase(std::string(without));
    return output;
  }
  void quantize(const std::string& value, const std::string& scale, const std::string& zero) {
    if (!scale.empty()) append("QuantizeLinear", {value, scale, zero});  // without one the result stays a float
    nodes_.back().outputs = node_.outputs;
  }
  std::vector<OnnxNode>& nodes() { return nodes_; }

 private:
  std::string append(std::string_view op, std::vector<std::string> inputs, std::optional<int64_t> axis = {}) {
    std::string output = node_.outputs[0] + "/" + std::to_string(nodes_.size());
    while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
    OnnxNode made{std::string(op), "", node_.name, std::move(inputs), {output}, {}, true};
    if (axis) {
      OnnxAttribute attribute;
      attribute.kind = OnnxAttribute::Kind::kInt;
      attribute.integers = {*axis};
      made.attributes.emplace("axis", std::move(attribute));
    }
    nodes_.push_back(std::move(made));
    return output;
  }

  const OnnxNode& node_;
  std::vector<OnnxNode> nodes_;
};

void convolution(Replacement& out) {
  const std::string x = out.dequantized(out.from(0)), w = out.dequantized(out.from(3), 0);
  const std::string bias = out.dequantized_bias(out.at(8), out.at(1), out.at(4));
  out.quantize(out.computed("Conv", {x, w, bias}), out.at(6), out.at(7));
}

void product(Replacement& out) {
  const std::string a = out.dequantized(out.from(0)), b = out.dequantized(out.from(3), 1);
  out.quantize(out.computed("MatMul", {a, b}), out.at(6), out.at(7));
}

// The scale of a matrix has one number a column, which transB makes a row.
void gemm(Replacement& out, const OnnxNode& node) {
  const auto transposed = node.attributes.find("transB");
  const bool rows = transposed != node.attributes.end() && transposed->second.integers == std::vector<int64_t>{1};
  const std::string a = out.dequantized(out.from(0)), b = out.dequantized(out.from(3), rows ? 0 : 1);
  const std::string c = out.dequantized_bias(out.at(6), out.at(1), out.at(4));
  out.quantize(out.computed("Gemm", {a, b, c}), out.at(7), out.at(8));
}

void of_two(Replacement& out, std::string_view op) {
  const std::string a = out.dequantized(out.from(0)), b = out.dequantized(out.from(3));
  out.quantize(out.computed(op, {a, b}), out.at(6), out.at(7));
}

void of_one(Replacement& out, std::string_view op) {
  out.quantize(out.computed(op, {out.dequantized(out.from(0))}, "channels_last"), out.at(3), out.at(4));
}

void join(Replacement& out, const OnnxNode& node) {
  std::vector<std::string> parts;
  for (size_t i = 2; i + 2 < node.inputs.size(); i += 3) parts.push_back(out.dequantized(out.from(i)));
  out.quantize(out.computed("Concat", std::move(parts)), out.at(0), out.at(1));
}

bool is_channels_last(const OnnxNode& node) {
  const auto found = node.attributes.find("channels_last");
  return found != node.attributes.end() && found->second.integers != std::vector<int64_t>{0};
}

// Appends what stands for the node; false where it stands for itself.
bool replace(const OnnxNode& node, std::vector<OnnxNode>& nodes) {
  static const std::map<std::string_view, std::string_view> kOfOne{
      {"QLinearGlobalAveragePool", "GlobalAveragePool"}, {"QLinearAveragePool", "AveragePool"}, {"QLinearSigmoid", "Sigmoid"}};
  if (node.outputs.empty() || is_channels_last(node)) return false;
  Replacement out(node);
  if (node.op == "QLinearConv")
    convolution(out);
  else if (node.op == "QLinearMatMul")
    product(out);
  else if (node.op == "QGemm")
    gemm(out, node);
  else if (node.op == "QLinearAdd" || node.op == "QLinearMul")
    of_two(out, node.op == "QLinearAdd" ? "Add" : "Mul");
  else if (node.op == "QLinearConcat")
    join(out, node);
  else if (const auto found = kOfOne.find(node.op); found != kOfOne.end())
    of_one(out, found->second);
  else
    return false;
  std::ranges::move(out.nodes(), std::back_inserter(nodes));
  return true;
}

}  // namespace

void replace_qoperators(OnnxDocument& document) {
  std::vector<OnnxNode> nodes;
  nodes.reserve(document.nodes.size());
  for (OnnxNode& node : document.nodes) {
    if (!replace(node, nodes)) nodes.push_back(std::move(node));
  }
  document.nodes = std::move(nodes);
}

}  // namespace residual::io
