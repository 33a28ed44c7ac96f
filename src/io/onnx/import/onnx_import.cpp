#include "io/onnx/import/onnx_import.h"

#include <algorithm>

#include "core/json_text.h"

namespace residual::io {
namespace {

constexpr int64_t kLargestInteger = int64_t{1} << 30;  // of an attribute: sums and products stay within 64 bits

}  // namespace

void OnnxImporter::refuse(const OnnxNode& node, const std::string& why) const {
  fail(ErrorKind::kBadFile, "'{}': {} '{}': {}", storage_.name(), printable(node.op), printable(node.name), why);
}

bool OnnxImporter::has(const OnnxNode& node, size_t input) const {
  return input < node.inputs.size() && !node.inputs[input].empty();
}

const Operand& OnnxImporter::operand(const OnnxNode& node, size_t input) const {
  if (!has(node, input)) refuse(node, fmt::format("input {} is missing", input));
  const std::string& name = node.inputs[input];
  if (const auto found = operands_.find(name); found != operands_.end()) return found->second;
  for (const OnnxNode& other : document_.nodes) {
    if (std::ranges::find(other.outputs, name) == other.outputs.end()) continue;
    refuse(node,
           fmt::format("input '{}' comes from {} '{}', {}", printable(name), printable(other.op), printable(other.name),
                       other.outputs[0] == name ? "which is not computed before it: the nodes form a cycle or are out of order"
                                                : "of which only the first output is supported"));
  }
  refuse(node, fmt::format("input '{}' is missing: no node, weight or input of the file has that name", printable(name)));
}

bool OnnxImporter::is_constant(const OnnxNode& node, size_t input) const {
  return std::holds_alternative<Constant>(operand(node, input));
}

bool OnnxImporter::knows_constant(const OnnxNode& node, size_t input) const {
  const auto found = operands_.find(node.inputs[input]);
  return found != operands_.end() && std::holds_alternative<Constant>(found->second) &&
         std::get<Constant>(found->second).shape.elements() != 0;
}

bool OnnxImporter::is_quantized(const OnnxNode& node, size_t input) const {
  return std::holds_alternative<Quantized>(operand(node, input));
}

const Constant& OnnxImporter::constant(const OnnxNode& node, size_t input, bool repeated_too) const {
  if (const auto* constant = std::get_if<Constant>(&operand(node, input))) {
    if (constant->shape.elements() == 0)
      refuse(node, fmt::format("input {} ('{}') is empty", input, printable(node.inputs[input])));
    if (constant->repeated && !repeated_too) refuse(node, "it computes with the number of images");
    return *constant;
  }
  refuse(node, fmt::format("input {} ('{}') is computed, a constant is expected", input, printable(node.inputs[input])));
}

const Activation& OnnxImporter::pending(const OnnxNode& node, size_t input) const {
  const Operand& found = operand(node, input);
  if (const auto* activation = std::get_if<Activation>(&found)) return *activation;
  refuse(node, fmt::format("input {} ('{}') is {}", input, printable(node.inputs[input]),
                           std::holds_alternative<Constant>(found) ? "a constant, a computed value is expected"
                                                                   : "quantized; a DequantizeLinear is expected in between"));
}

const Quantized& OnnxImporter::quantized(const OnnxNode& node, size_t input) const {
  if (const auto* quantized = std::get_if<Quantized>(&operand(node, input))) return *quantized;
  refuse(node, fmt::format("input {} ('{}') is neither a constant nor what a QuantizeLinear gives", input,
                           printable(node.inputs[input])));
}

std::vector<int64_t> OnnxImporter::sizes(const OnnxNode& node, size_t input) const {
  const Constant& numbers = constant(node, input);
  constexpr size_t kMost = 16;
  if (numbers.shape.rank() > 1 || static_cast<size_t>(numbers.shape.elements()) > kMost) {
    refuse(node, fmt::format("input {} has shape {}, a list of at most {} numbers is expected", input, to_string(numbers.shape),
                             kMost));
  }
  return numbers.integers(kMost);
}

std::vector<int64_t> OnnxImporter::integers(const OnnxNode& node, size_t input, size_t most) const {
  const Constant& numbers = constant(node, input);
  if (numbers.shape.rank() > 1 || static_cast<size_t>(numbers.shape.elements()) > most) {
    refuse(node,
           fmt::format("input {} has shape {}, a list of at most {} numbers is expected", input, to_string(numbers.shape), most));
  }
  std::vector<int64_t> values = numbers.integers(most);
  if (std::ranges::find(values, kOpenBatch) != values.end()) refuse(node, "it computes with the number of images");
  return values;
}

std::optional<std::vector<int64_t>> OnnxImporter::list_of(const OnnxNode& node, const char* attribute, size_t input) const {
  return has(node, input) ? std::optional(integers(node, input)) : list(node, attribute);
}

size_t OnnxImporter::dimension(const OnnxNode& node, int64_t axis, size_t rank) const {
  const auto size = static_cast<int64_t>(rank);
  if (axis < -size || axis >= size) refuse(node, fmt::format("it names dimension {} of a tensor that has {}", axis, rank));
  return static_cast<size_t>(axis < 0 ? axis + size : axis);
}

Numbers OnnxImporter::numbers(const OnnxNode& node, size_t input, bool repeated_too) {
  const Constant& from = std::get<Constant>(operand(node, input));
  if (from.repeated && !repeated_too) refuse(node, "it computes with the number of images");
  Numbers result{.shape = from.shape, .type = from.type};
  if (result.is_float()) {
    charge_numbers(static_cast<uint64_t>(from.shape.elements()));
    const Tensor tensor = from.floats();
    result.floats.assign(tensor.as<float>().begin(), tensor.as<float>().end());
  } else {
    charge_numbers(2 * static_cast<uint64_t>(from.shape.elements()));
    result.integers = from.integers(static_cast<size_t>(from.shape.elements()));
  }
  return result;
}

float OnnxImporter::scalar(const OnnxNode& node, size_t input) const {
  const Constant& number = constant(node, input);
  if (number.shape.elements() != 1)
    refuse(node, fmt::format("input {} has shape {}, one number is expected", input, to_string(number.shape)));
  return number.floats().as<float>()[0];
}

namespace {

template <typename T>
const T& checked(const OnnxAttribute& attribute, OnnxAttribute::Kind kind, const T& value, const char* name) {
  if (attribute.kind != kind) fail(ErrorKind::kBadFile, "attribute '{}' is not of the kind it should be", name);
  return value;
}

int64_t in_range(int64_t value, const char* name) {
  if (value < -kLargestInteger || value > kLargestInteger)
    fail(ErrorKind::kBadFile, "attribute '{}' is {}, which is out of range", name, value);
  return value;
}

const OnnxAttribute* find(const OnnxNode& node, const char* name) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? nullptr : &found->second;
}

}  // namespace

int64_t OnnxImporter::integer(const OnnxNode& node, const char* name, int64_t otherwise) const {
  const OnnxAttribute* attribute = find(node, name);
  if (attribute == nullptr) return otherwise;
  return in_range(checked(*attribute, OnnxAttribute::Kind::kInt, attribute->integers, name).at(0), name);
}

float OnnxImporter::number(const OnnxNode& node, const char* name, float otherwise) const {
  const OnnxAttribute* attribute = find(node, name);
  return attribute == nullptr ? otherwise : checked(*attribute, OnnxAttribute::Kind::kFloat, attribute->numbers, name).at(0);
}

std::string OnnxImporter::text(const OnnxNode& node, const char* name, const char* otherwise) const {
  const OnnxAttribute* attribute = find(node, name);
  return attribute == nullptr ? otherwise : checked(*attribute, OnnxAttribute::Kind::kText, attribute->text, name);
}

std::optional<std::vector<int64_t>> OnnxImporter::list(const OnnxNode& node, const char* name) const {
  const OnnxAttribute* attribute = find(node, name);
  if (attribute == nullptr) return std::nullopt;
  if (attribute->kind == OnnxAttribute::Kind::kOther) return std::vector<int64_t>{};  // an empty list leaves no trace in the file
  for (const int64_t value : attribute->integers) in_range(value, name);
  return checked(*attribute, OnnxAttribute::Kind::kInts, attribute->integers, name);
}

Size2 OnnxImporter::pair(const OnnxNode& node, const char* name, std::optional<Size2> otherwise) const {
  const auto values = list(node, name);
  if (!values && !otherwise) refuse(node, fmt::format("attribute '{}' is missing", name));
  if (!values) return *otherwise;
  if (values->size() != 2)
    refuse(node, fmt::format("attribute '{}' has {} numbers, 2 are expected: height and width", name, values->size()));
  return {(*values)[0], (*values)[1]};
}

const OnnxNode* OnnxImporter::only_reader(const OnnxNode& node) const {
  if (node.outputs.empty() || !has_one_reader(node.outputs[0])) return nullptr;
  return readers_.at(node.outputs[0])[0];
}

const OnnxNode* OnnxImporter::only_reader(const OnnxNode& node, std::string_view op) const {
  const OnnxNode* reader = only_reader(node);
  return reader != nullptr && reader->op == op ? reader : nullptr;
}

bool OnnxImporter::has_one_reader(const std::string& name) const {
  const auto found = readers_.find(name);
  return found != readers_.end() && found->second.size() == 1 && !is_output(name);
}

}  // namespace residual::io
