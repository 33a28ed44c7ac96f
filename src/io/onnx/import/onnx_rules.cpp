#include "io/onnx/import/onnx_rules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/json_text.h"
#include "io/onnx/import/onnx_read.h"

namespace residual::io {
namespace {

const OnnxRules& table() {
  static const OnnxRules rules = [] {
    OnnxRules all;
    add_convolution_rules(all);
    add_pooling_rules(all);
    add_linear_rules(all);
    add_arithmetic_rules(all);
    add_activation_rules(all);
    add_reduction_rules(all);
    add_quantization_rules(all);
    add_reshaping_rules(all);
    add_part_rules(all);
    add_number_rules(all);
    return all;
  }();
  return rules;
}

// Operators on integers that onnx_qoperator.h does not replace.
const std::set<std::string_view> kOnIntegers{
    "QLinearConv",      "QLinearMatMul",    "QLinearAdd", "QLinearMul",         "QLinearSigmoid",
    "QLinearConcat",    "QLinearSoftmax",   "QGemm",      "QLinearAveragePool", "QLinearGlobalAveragePool",
    "QLinearLeakyRelu", "QLinearReduceMean"};
const std::set<std::string_view> kDynamic{"DynamicQuantizeLinear", "ConvInteger",          "MatMulInteger",
                                          "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeLSTM",
                                          "ConvIntegerToFloat"};
const std::set<std::string_view> kControl{"If", "Loop", "Scan", "SequenceMap"};

// "kernel_shape, ceil_mode (10), dilations (10-18)"
std::string attributes_of(const OnnxRule& rule) {
  std::set<std::string_view> names;
  for (const OnnxForm& form : rule.forms) names.insert(form.attributes.begin(), form.attributes.end());
  std::vector<std::string> texts;
  for (const std::string_view name : names) {
    int64_t first = 0, last = kNewestOpset;
    for (const OnnxForm& form : rule.forms) {
      const bool has = std::ranges::find(form.attributes, name) != form.attributes.end();
      if (has && first == 0) first = form.since;
      if (!has && first != 0 && last == kNewestOpset) last = form.since - 1;
    }
    const bool all = first == std::max(rule.forms.front().since, kOldestOpset) && last == kNewestOpset;
    texts.push_back(all                    ? std::string(name)
                    : last == kNewestOpset ? fmt::format("{} ({} on)", name, first)
                                           : fmt::format("{} (to {})", name, last));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

const OnnxRule* find_onnx_rule(std::string_view op) {
  const auto found = table().find(op);
  return found == table().end() ? nullptr : &found->second;
}

const OnnxForm* form_of(const OnnxRule& rule, int64_t opset) {
  const OnnxForm* form = nullptr;
  for (const OnnxForm& candidate : rule.forms) {
    if (candidate.since <= opset) form = &candidate;
  }
  return form;
}

std::string onnx_advice(const OnnxNode& node) {
  if (kOnIntegers.contains(node.op))
    return "the network is quantized to integers throughout (QOperator format); export it with QuantFormat.QDQ, or before "
           "quantizing";
  if (kDynamic.contains(node.op))
    return "the network is quantized anew for each image (dynamic quantization); quantize it statically with QuantFormat.QDQ, or "
           "take the file before quantizing";
  if (kControl.contains(node.op))
    return "control flow is not supported; export the network in evaluation mode for images of one size";
  if (node.domain == "com.microsoft" || node.domain == "com.microsoft.nchwc") {
    return fmt::format("this operator of '{}' is what ONNX Runtime's optimizer leaves; take the file before it was optimized",
                       printable(node.domain));
  }
  std::vector<std::string_view> names;
  for (const auto& [name, rule] : table()) names.push_back(name);
  return fmt::format("this operator{} is not supported; supported are {}",
                     node.domain.empty() || node.domain == "ai.onnx" ? "" : " of '" + printable(node.domain) + "'",
                     fmt::join(names, ", "));
}

std::string onnx_operator_table() {
  std::string text = "| operator | opsets | attributes | where its inputs are computed |\n|---|---|---|---|\n";
  for (const auto& [name, rule] : table()) {
    text += fmt::format("| {} | {} to {} | {} | {} |\n", name, std::max(rule.forms.front().since, kOldestOpset), kNewestOpset,
                        attributes_of(rule), rule.limits);
  }
  return text;
}

}  // namespace residual::io
