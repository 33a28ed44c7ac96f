#include "convert/same_network.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "graph/op.h"
#include "graph/sources.h"
#include "ops/add.h"

namespace residual::convert {
namespace {

using Called = std::function<std::string(const std::string& variable)>;

// A number for what each node computes: that of its op, its attributes and its inputs.
std::vector<size_t> numbers(const Graph& graph, const Called& called) {
  std::vector<size_t> result;
  for (const Node& node : graph.nodes()) {
    std::vector<size_t> inputs;
    for (const Value& value : node.inputs)
      inputs.push_back(result[static_cast<size_t>(value.node)] + static_cast<size_t>(value.output));
    if (node.op == &add_op()) std::ranges::sort(inputs);
    std::string text =
        fmt::format("{} {} {}", node.op->name, to_string(node.outputs.empty() ? Shape{} : node.outputs[0].shape), inputs);
    if (node.op == &variable_op()) {
      text += called(node.attributes.as<VariableAttrs>().variable);
    } else {
      for (const auto& [name, value] : node.attributes.fields()) text += fmt::format(" {}={}", name, value);
    }
    result.push_back(std::hash<std::string>{}(text));
  }
  return result;
}

}  // namespace

bool same_network(const Graph& graph, const Graph& other, const std::map<std::string, std::string>& names) {
  const auto a = graph.find_output("logits"), b = other.find_output("logits");
  if (!a || !b) return false;
  const auto renamed = [&](const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? std::string() : found->second;
  };
  const std::vector<size_t> left = numbers(graph, renamed), right = numbers(other, [](const std::string& name) { return name; });
  return left[static_cast<size_t>(a->node)] == right[static_cast<size_t>(b->node)];
}

}  // namespace residual::convert
