// The table of ONNX operators.
#include <fmt/ranges.h>

#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

const OnnxRules& table() {
  static const OnnxRules rules = [] {
    OnnxRules all;
    add_layer_rules(all);
    add_arithmetic_rules(all);
    add_quantization_rules(all);
    add_shape_rules(all);
    add_folding_rules(all);
    return all;
  }();
  return rules;
}

}  // namespace

const OnnxRule* find_onnx_rule(std::string_view op) {
  const auto found = table().find(op);
  return found == table().end() ? nullptr : &found->second;
}

std::string known_onnx_operators() {
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : table()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace residual::io
