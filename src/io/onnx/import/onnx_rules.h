// The table of ONNX operators that are read.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/onnx/import/onnx_operand.h"

namespace residual::io {

class OnnxImporter;

/// The inputs and attributes of an operator from one opset on, as ONNX defines them, as far as they are understood.
struct OnnxForm {
  static constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

  int64_t since = 7;
  size_t most_inputs = 1;
  std::vector<std::string_view> attributes{};
};

struct OnnxRule {
  /// Reads a node of which an input is computed, or, without `fold`, any; null: all inputs must be constants.
  void (*apply)(OnnxImporter& in, const OnnxNode& node) = nullptr;
  /// Computes a node all of whose inputs are constants.
  Constant (*fold)(OnnxImporter& in, const OnnxNode& node) = nullptr;
  std::vector<OnnxForm> forms{};
  std::string_view limits{};  ///< what is read of it where inputs are computed, for the documentation
};

inline constexpr int64_t kOldestOpset = 7, kNewestOpset = 24;

/// Null for an operator that is not read.
const OnnxRule* find_onnx_rule(std::string_view op);
/// What to do about an operator that is not read.
std::string onnx_advice(const OnnxNode& node);
/// The form of the file's opset; null where the operator is younger.
const OnnxForm* form_of(const OnnxRule& rule, int64_t opset);

using OnnxRules = std::map<std::string_view, OnnxRule>;
void add_convolution_rules(OnnxRules& rules);  ///< convolution and batch norm
void add_pooling_rules(OnnxRules& rules);
void add_linear_rules(OnnxRules& rules);      ///< matrix products
void add_arithmetic_rules(OnnxRules& rules);  ///< sums, products, scaling
void add_activation_rules(OnnxRules& rules);
void add_reduction_rules(OnnxRules& rules);
void add_quantization_rules(OnnxRules& rules);
void add_reshaping_rules(OnnxRules& rules);  ///< the same elements in another shape
void add_part_rules(OnnxRules& rules);       ///< slices, joins, padding
void add_number_rules(OnnxRules& rules);     ///< what only constants go through

}  // namespace residual::io
