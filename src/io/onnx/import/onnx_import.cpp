#include "io/onnx/import/onnx_import.h"

#include <algorithm>

#include "core/floating.h"
#include "core/json_text.h"
#include "graph/op.h"
#include "ops/layers/batch_norm.h"
#include "ops/pooling/pool.h"
#include "ops/shape/pad_channels.h"

namespace residual::io {
namespace {

constexpr int64_t kLargestInteger = int64_t{1} << 30;  // of an attribute: sums and products stay within 64 bits
constexpr size_t kMostExtraBytes = size_t{32} << 20;   // beside the weights themselves and the file's structure
constexpr size_t kLongestName = 120;

bool plain(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

// Names as PyTorch's modules give them: "layer1.0.conv1.weight".
bool state_dict_name(std::string_view name) {
  if (!plain(name)) return false;
  for (const std::string_view end : {".weight", ".bias", ".running_mean", ".running_var"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

// "/layer1/layer1.0/conv1/Conv" stands for layer1.0.conv1: PyTorch's TorchScript exporter names nodes by the modules' path.
std::string module_of(std::string_view path, std::string_view op) {
  std::string module, last;
  while (!path.empty()) {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    const std::string part(path.substr(0, path.find('/')));
    path.remove_prefix(part.size());
    if (path.empty() && part.starts_with(op) && !module.empty()) break;
    if (!last.empty() && part.starts_with(last + "."))
      module.resize(module.size() - last.size());
    else if (!module.empty())
      module += '.';
    module += part;
    last = part;
  }
  return module;
}

}  // namespace

void OnnxImporter::refuse(const OnnxNode& node, const std::string& why) const {
  fail(ErrorKind::kBadFile, "'{}': {} '{}': {}", file_.source().name, printable(node.op), printable(node.name), why);
}

std::string OnnxImporter::layer_name(const OnnxNode& node) const {
  for (const std::string& input : node.inputs) {
    const auto found = operands_.find(input);
    const auto* constant = found == operands_.end() ? nullptr : std::get_if<Constant>(&found->second);
    if (constant != nullptr && state_dict_name(constant->name)) return constant->name.substr(0, constant->name.rfind('.'));
  }
  std::string name = node.name.starts_with('/') ? module_of(node.name.substr(0, kLongestName), node.op) : node.name;
  if (name.empty()) name = node.op;
  name.resize(std::min(name.size(), kLongestName));
  for (char& c : name) {
    if (!plain(std::string_view(&c, 1))) c = '_';
  }
  return name;
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

const Constant& OnnxImporter::constant(const OnnxNode& node, size_t input) const {
  if (const auto* constant = std::get_if<Constant>(&operand(node, input))) {
    if (constant->shape.elements() == 0)
      refuse(node, fmt::format("input {} ('{}') is empty", input, printable(node.inputs[input])));
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

// The affine map as a normalize node with mean 0 and variance 1.
Value OnnxImporter::scaled(const Activation& activation) {
  if (!activation.affine) return activation.value;
  const auto channels = graph().shape(activation.value)[1];
  const auto layer = graph().scoped("");
  const auto vector = [&](std::string_view suffix, const std::function<double(size_t)>& value) {
    Tensor tensor(DType::kF32, Shape{channels});
    for (size_t i = 0; i < tensor.as<float>().size(); ++i) tensor.as<float>()[i] = static_cast<float>(value(i));
    return made_up(layer, suffix, Role::kStatistic, std::move(tensor));
  };
  const Value mean = vector("running_mean", [](size_t) { return 0; }), variance = vector("running_var", [](size_t) { return 1; });
  const Value gamma = vector("weight", [&](size_t i) { return activation.affine->scale[i]; });
  const Value beta = vector("bias", [&](size_t i) { return activation.affine->shift[i]; });
  return normalize(graph(), activation.value, mean, variance, gamma, beta, 0);
}

Activation OnnxImporter::activation(const OnnxNode& node, size_t input) {
  Activation result = pending(node, input);
  if (!result.affine) return result;
  {
    const auto scope = graph().scope("scale");
    result.value = scaled(result);
  }
  result.affine = nullptr;
  operands_.insert_or_assign(node.inputs[input], result);  // the next reader need not repeat it
  return result;
}

Value OnnxImporter::value(const OnnxNode& node, size_t input) {
  Activation result = activation(node, input);
  if (result.zeros.any()) {
    refuse(node, fmt::format("input {} ('{}') is padded with rows or columns of zeros; that is supported in front of a Conv, an "
                             "AveragePool and, behind a Relu, a MaxPool",
                             input, printable(node.inputs[input])));
  }
  const Size2 every = result.every;
  if (every.height == 1 && every.width == 1) return result.value;
  result.every = {1, 1};
  result.value = every.height == every.width ? pad_channels(graph(), result.value, {.stride = every.height})
                                             : max_pool(graph(), result.value, {.kernel = {1, 1}, .stride = every}).y;
  operands_.insert_or_assign(node.inputs[input], result);
  return result.value;
}

std::vector<int64_t> OnnxImporter::integers(const OnnxNode& node, size_t input, size_t most) const {
  const Constant& numbers = constant(node, input);
  if (numbers.shape.rank() > 1 || static_cast<size_t>(numbers.shape.elements()) > most) {
    refuse(node,
           fmt::format("input {} has shape {}, a list of at most {} numbers is expected", input, to_string(numbers.shape), most));
  }
  if (numbers.open_batch) refuse(node, "it computes with the number of images");
  return numbers.integers();
}

std::vector<int64_t> OnnxImporter::sizes(const OnnxNode& node, size_t input) const {
  const Constant& numbers = constant(node, input);
  return numbers.open_batch == 0 ? numbers.integers() : integers(node, input);
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

std::string OnnxImporter::free_name(const std::string& wanted) {
  std::string name = wanted;
  while (graph().variables().contains(name)) name = fmt::format("{}_{}", wanted, ++names_[wanted] + 1);
  return name;
}

void OnnxImporter::charge(uint64_t bytes) {
  extra_bytes_ += std::min<uint64_t>(bytes, kMostExtraBytes + 1);
  if (extra_bytes_ <= kMostExtraBytes) return;
  fail(ErrorKind::kBadFile,
       "'{}': its nodes, and weights that are made from others or used in several ways, take more than {} MiB",
       file_.source().name, kMostExtraBytes >> 20);
}

Value OnnxImporter::declare(const std::string& name, Role role, Tensor tensor) {
  if (!all_finite(tensor)) {
    fail(ErrorKind::kBadFile, "'{}': weights '{}' hold values that are infinite or no number", file_.source().name,
         printable(name));
  }
  charge(kBytesOfAName);
  graph().declare({name, {DType::kF32, tensor.shape()}, role, Initializer::constant(0)});
  model_.tensors.emplace(name, std::move(tensor));
  return graph().read(name);
}

Value OnnxImporter::parameter(const OnnxNode& node, size_t input, std::string_view suffix, Role role, const std::string& how,
                              const std::function<Tensor(const Tensor&)>& change) {
  const Constant& from = constant(node, input);
  const auto key = std::pair(node.inputs[input], how);
  if (const auto made = parameters_.find(key); made != parameters_.end()) return graph().read(made->second);
  if (!stored_.insert(from.storage).second) charge(static_cast<uint64_t>(from.shape.elements()) * sizeof(float));
  Tensor tensor = from.floats();
  if (change) tensor = change(tensor);
  const std::string name =
      free_name(how.empty() && state_dict_name(from.name) ? from.name : fmt::format("{}.{}", layer_name(node), suffix));
  parameters_.emplace(key, name);
  return declare(name, role, std::move(tensor));
}

Value OnnxImporter::made_up(const std::string& layer, std::string_view suffix, Role role, Tensor tensor) {
  charge(tensor.bytes());
  return declare(free_name(fmt::format("{}.{}", layer, suffix)), role, std::move(tensor));
}

void OnnxImporter::expect_variance(const OnnxNode& node, Value variable) {
  if (!variances_.insert(variable.node).second) return;
  const Tensor& values = model_.tensors.at(graph().node(variable.node).name);
  if (std::ranges::any_of(values.as<float>(), [](float value) { return value < 0; })) refuse(node, "it has a negative variance");
}

const OnnxNode* OnnxImporter::only_reader(const OnnxNode& node, std::string_view op) const {
  const auto found = node.outputs.empty() ? readers_.end() : readers_.find(node.outputs[0]);
  if (found == readers_.end() || found->second.size() != 1 || is_output(node.outputs[0])) return nullptr;
  return found->second[0]->op == op ? found->second[0] : nullptr;
}

}  // namespace residual::io
