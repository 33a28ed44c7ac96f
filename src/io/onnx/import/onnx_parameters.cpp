// The Variables of the graph that is built: their names, and their values from the file's constants.
#include <algorithm>
#include <utility>

#include "core/json_text.h"
#include "core/tensor/floating.h"
#include "io/onnx/import/onnx_import.h"

namespace residual::io {
namespace {

constexpr size_t kMostExtraBytes = size_t{32} << 20;  // beside the weights themselves and the file's structure
constexpr uint64_t kCopies = 8;                       // of what the files hold: widened, transposed, scaled
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

std::string OnnxImporter::free_name(const std::string& wanted) {
  std::string name = wanted;
  while (graph().variables().contains(name)) name = fmt::format("{}_{}", wanted, ++names_[wanted] + 1);
  return name;
}

void OnnxImporter::charge(uint64_t bytes) {
  extra_bytes_ += std::min<uint64_t>(bytes, kMostExtraBytes + 1);
  if (extra_bytes_ <= kMostExtraBytes) return;
  fail(ErrorKind::kBadFile,
       "'{}': its nodes, and weights that are made from others or used in several ways, take more than {} MiB", storage_.name(),
       kMostExtraBytes >> 20);
}

void OnnxImporter::charge_numbers(uint64_t count) {
  const uint64_t most = kMostExtraBytes + kCopies * storage_.bytes(), bytes = std::min(count, most) * sizeof(float);
  folded_bytes_ += std::min(bytes, most + 1);
  if (folded_bytes_ <= most) return;
  fail(ErrorKind::kBadFile, "'{}': what its nodes compute from constants takes more than {} MiB; export with constants folded",
       storage_.name(), most >> 20);
}

void OnnxImporter::charge_products(uint64_t count) {
  constexpr uint64_t kLeast = uint64_t{1} << 24, kPerByte = 64;
  const uint64_t most = kLeast + kPerByte * storage_.bytes();
  products_ += std::min(count, most + 1);
  if (products_ <= most) return;
  fail(ErrorKind::kBadFile,
       "'{}': what its nodes compute from constants takes more than {} products; export with constants folded", storage_.name(),
       most);
}

Value OnnxImporter::declare(const std::string& name, Role role, Tensor tensor) {
  if (!all_finite(tensor)) {
    fail(ErrorKind::kBadFile, "'{}': weights '{}' hold values that are infinite or no number", storage_.name(), printable(name));
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
  if (const auto known = parameters_.find(key); known != parameters_.end()) {
    ++made_.at(known->second).uses;
    return graph().read(known->second);
  }
  if (!stored_.insert(from.storage).second) charge(static_cast<uint64_t>(from.shape.elements()) * sizeof(float));
  Tensor tensor = from.floats();
  if (tensor.shape() != from.shape) tensor = Tensor::of<float>(from.shape, std::as_const(tensor).as<float>());
  if (change) tensor = change(tensor);
  const std::string name =
      free_name(how.empty() && state_dict_name(from.name) ? from.name : fmt::format("{}.{}", layer_name(node), suffix));
  parameters_.emplace(key, name);
  made_.emplace(name, Made{key, 1});
  return declare(name, role, std::move(tensor));
}

Value OnnxImporter::made_up(const std::string& layer, std::string_view suffix, Role role, Tensor tensor) {
  charge(tensor.bytes());
  const std::string name = free_name(fmt::format("{}.{}", layer, suffix));
  made_.emplace(name, Made{{}, 1});
  return declare(name, role, std::move(tensor));
}

bool OnnxImporter::is_used_once(Value variable) const {
  const auto found = made_.find(model_.graph.node(variable.node).name);
  return found != made_.end() && found->second.uses == 1;
}

// Each slice along the first axis by a scale and a shift of its own. Whoever asks for the constant again gets another Variable.
void OnnxImporter::scale_in_place(Value variable, const std::vector<double>& scale, const std::vector<double>* shift) {
  const std::string& name = graph().node(variable.node).name;
  Tensor& tensor = model_.tensors.at(name);
  const std::span<float> values = tensor.as<float>();
  const size_t inside = values.size() / scale.size();
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t slice = i / inside;
    values[i] = static_cast<float>(values[i] * scale[slice] + (shift == nullptr ? 0.0 : (*shift)[slice]));
  }
  if (!all_finite(tensor)) {
    fail(ErrorKind::kBadFile, "'{}': weights '{}', scaled by what follows them, are infinite or no number", storage_.name(),
         printable(name));
  }
  parameters_.erase(made_.at(name).key);
}

void OnnxImporter::expect_variance(const OnnxNode& node, Value variable) {
  if (!variances_.insert(variable.node).second) return;
  const Tensor& values = model_.tensors.at(graph().node(variable.node).name);
  if (std::ranges::any_of(values.as<float>(), [](float value) { return value < 0; })) refuse(node, "it has a negative variance");
}

}  // namespace residual::io
