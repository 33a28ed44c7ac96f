#include "io/onnx/export/onnx_write.h"

#include <limits>

#include "core/json_text.h"
#include "core/tensor/floating.h"
#include "graph/rewrite.h"
#include "graph/sources.h"
#include "io/onnx/export/onnx_export.h"

namespace residual::io {
namespace {

// The numbers of the fields are those of onnx.proto.
constexpr int32_t kFloat = 1, kUint8 = 2, kInt8 = 3, kInt64 = 7;  // TensorProto.DataType
constexpr uint64_t kIrVersion = 8, kOpset = 17;
constexpr uint64_t kMostBytes = std::numeric_limits<int32_t>::max();  // of a protocol buffer

// ValueInfoProto; the first dimension is free.
WireWriter value_info(std::string_view name, std::span<const int64_t> dims) {
  WireWriter shape;
  for (size_t i = 0; i < dims.size(); ++i) {
    WireWriter dim;
    if (i == 0)
      dim.bytes(2, "batch");
    else
      dim.varint(1, static_cast<uint64_t>(dims[i]));
    shape.message(1, dim);
  }
  WireWriter tensor, type, info;
  tensor.varint(1, kFloat);
  tensor.message(2, shape);
  type.message(1, tensor);
  info.bytes(1, name);
  info.message(2, type);
  return info;
}

}  // namespace

OnnxAttributes& OnnxAttributes::integer(std::string_view name, int64_t value) {
  WireWriter attribute;
  attribute.bytes(1, name);
  attribute.varint(3, static_cast<uint64_t>(value));
  attribute.varint(20, 2);
  fields_.message(5, attribute);
  return *this;
}

OnnxAttributes& OnnxAttributes::number(std::string_view name, double value) {
  WireWriter attribute;
  attribute.bytes(1, name);
  attribute.fixed32(2, static_cast<float>(value));
  attribute.varint(20, 1);
  fields_.message(5, attribute);
  return *this;
}

OnnxAttributes& OnnxAttributes::list(std::string_view name, std::span<const int64_t> values) {
  WireWriter attribute;
  attribute.bytes(1, name);
  for (const int64_t value : values) attribute.varint(8, static_cast<uint64_t>(value));
  attribute.varint(20, 7);
  fields_.message(5, attribute);
  return *this;
}

OnnxAttributes& OnnxAttributes::pair(std::string_view name, const Size2& size) {
  return list(name, std::vector{size.height, size.width});
}

OnnxAttributes& OnnxAttributes::pads(const Size2& padding) {
  return list("pads", std::vector{padding.height, padding.width, padding.height, padding.width});
}

OnnxExporter::OnnxExporter(const Graph& graph, const TensorViews& tensors, const OnnxWriteOptions& options)
    : graph_(graph), tensors_(tensors), options_(options) {
  add_nodes();
}

std::string OnnxExporter::fresh(const std::string& wanted) {
  std::string name = wanted;
  while (!taken_.insert(name).second) name = fmt::format("{}_{}", wanted, ++counts_[wanted]);
  return name;
}

std::vector<std::string> OnnxExporter::inputs(const Node& node) const {
  std::vector<std::string> result;
  for (const Value& value : node.inputs) result.push_back(name(value));
  return result;
}

void OnnxExporter::node(std::string_view op, std::span<const std::string> inputs, const std::string& output,
                        const OnnxAttributes& attributes) {
  WireWriter node;
  for (const std::string& input : inputs) node.bytes(1, input);
  node.bytes(2, output);
  node.bytes(3, output);
  node.bytes(4, op);
  node.append(attributes.fields());
  nodes_.message(1, node);
}

void OnnxExporter::initializer(const std::string& name, int32_t type, std::span<const int64_t> dims,
                               std::span<const std::byte> data, std::string own) {
  WireWriter head;
  for (const int64_t dim : dims) head.varint(1, static_cast<uint64_t>(dim));
  head.varint(2, static_cast<uint64_t>(type));
  head.bytes(8, name);
  head.announce(9, data.size() + own.size());
  initializers_.push_back({std::move(head), data, std::move(own)});
}

std::string OnnxExporter::integers(const std::string& name, std::span<const int64_t> values) {
  std::string result = fresh(name);
  const std::vector<int64_t> dims{static_cast<int64_t>(values.size())};
  initializer(result, kInt64, dims, {}, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  return result;
}

std::string OnnxExporter::floats(const std::string& name, std::span<const float> values, std::span<const int64_t> dims) {
  std::string result = fresh(name);
  initializer(result, kFloat, dims, {}, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  return result;
}

std::string OnnxExporter::byte(const std::string& name, int64_t value, bool is_signed) {
  std::string result = fresh(name);
  initializer(result, is_signed ? kInt8 : kUint8, {}, {}, {static_cast<char>(value)});
  return result;
}

std::string OnnxExporter::prepared(const std::string& images, int64_t channels) {
  const OnnxPreprocessing& preprocessing = *options_.preprocessing;
  if (preprocessing.mean.size() != static_cast<size_t>(channels) || preprocessing.std.size() != preprocessing.mean.size()) {
    fail(ErrorKind::kUsage, "the preprocessing has {} means and {} standard deviations, the network's input has {} channels",
         preprocessing.mean.size(), preprocessing.std.size(), channels);
  }
  std::string x = images;
  const auto step = [&](std::string_view op, const std::string& name, std::span<const float> values) {
    const std::vector<int64_t> dims{1, static_cast<int64_t>(values.size()), 1, 1};
    const std::string by = floats(name + ".by", values, dims), output = fresh(name);
    node(op, std::vector{x, by}, output);
    x = output;
  };
  if (preprocessing.divide != 1) step("Div", "preprocess.divide", std::span(&preprocessing.divide, 1));
  step("Sub", "preprocess.mean", preprocessing.mean);
  step("Div", "preprocess.std", preprocessing.std);
  return x;
}

void OnnxExporter::add_input(const Node& node, Value value) {
  const auto& input = node.attributes.as<InputAttrs>();
  if (input.input != "images" || input.shape.rank() != 4 || input.dtype != DType::kF32) {
    fail(ErrorKind::kUsage, "the graph has an input '{}' {}, only images (N,C,H,W, float32) can be an ONNX file's",
         printable(input.input), to_string(input.shape));
  }
  names_[value] = fresh(input.input);
  values_.message(11, value_info(names_[value], input.shape.dims()));
  if (options_.preprocessing) names_[value] = prepared(names_[value], input.shape[1]);
}

void OnnxExporter::add_variable(const Node& node, Value value) {
  const auto& variable = node.attributes.as<VariableAttrs>();
  const auto found = tensors_.find(variable.variable);
  if (found == tensors_.end()) fail(ErrorKind::kUsage, "the network's weights '{}' are missing", printable(variable.variable));
  const Tensor& tensor = *found->second;
  if (tensor.shape() != variable.shape || tensor.dtype() != DType::kF32 || variable.dtype != DType::kF32) {
    fail(ErrorKind::kUsage, "weights '{}' are {} {}, the network takes {} {} (and ONNX files of ours float32)",
         printable(variable.variable), name_of(tensor.dtype()), to_string(tensor.shape()), name_of(variable.dtype),
         to_string(variable.shape));
  }
  if (!all_finite(tensor)) {
    fail(ErrorKind::kNumeric, "the weights '{}' hold values that are infinite or no number: the model is not written",
         printable(variable.variable));
  }
  names_[value] = fresh(variable.variable);
  initializer(names_[value], kFloat, variable.shape.dims(), {tensor.data(), tensor.bytes()}, {});
}

void OnnxExporter::add_node(NodeId id) {
  const Node& node = graph_.node(id);
  const Value value{id, 0};
  if (node.op == &input_op()) return add_input(node, value);
  if (node.op == &variable_op()) return add_variable(node, value);
  const OnnxExportRule rule = find_onnx_export_rule(*node.op);
  if (rule == nullptr)
    fail(ErrorKind::kUsage, "{} '{}' has no place in an ONNX file: is this an inference graph?", node.op->name,
         printable(node.name));
  if (!names_.contains(value)) names_[value] = fresh(node.name.empty() ? std::string(node.op->name) : node.name);
  rule(*this, node, names_[value]);
}

void OnnxExporter::add_nodes() {
  const std::optional<Value> logits = graph_.find_output("logits");
  if (!logits) fail(ErrorKind::kUsage, "the graph has no output 'logits'");
  values_.message(12, value_info("logits", graph_.shape(*logits).dims()));
  taken_.insert("logits");
  const bool direct = graph_.node(logits->node).op == &input_op() || graph_.node(logits->node).op == &variable_op();
  if (!direct) names_[*logits] = "logits";
  const std::set<NodeId> wanted = needed(graph_, {&*logits, 1});
  for (const NodeId id : wanted) {  // in ascending order, which is one of computation
    const Node& node = graph_.node(id);
    for (const Value& input : node.inputs) {
      if (input.output != 0)
        fail(ErrorKind::kUsage, "'{}' uses an output of '{}' that ONNX does not have", printable(node.name),
             printable(graph_.node(input.node).name));
    }
    add_node(id);
  }
  if (direct) node("Identity", std::vector{name(*logits)}, "logits");
}

void OnnxExporter::write(const ByteSink& sink) const {
  WireWriter graph = nodes_;
  graph.bytes(2, "residual");
  graph.append(values_);
  uint64_t size = graph.size();
  std::vector<WireWriter> heads;
  for (const Initializer& tensor : initializers_) {
    const uint64_t data = tensor.data.size() + tensor.own.size();
    WireWriter head;
    head.announce(5, tensor.head.size() + data);
    head.append(tensor.head);
    size += head.size() + data;
    heads.push_back(std::move(head));
  }
  WireWriter opset, model;
  opset.varint(2, kOpset);
  model.varint(1, kIrVersion);
  model.bytes(2, "residual");
  model.message(8, opset);
  for (const auto& [key, value] : options_.metadata) {
    WireWriter entry;
    entry.bytes(1, key);
    entry.bytes(2, value);
    model.message(14, entry);
  }
  model.announce(7, size);
  if (size + model.size() > kMostBytes) {
    fail(ErrorKind::kUsage, "the network takes {} bytes, an ONNX file holds at most {}: save it as safetensors instead", size,
         kMostBytes);
  }
  const auto put = [&](const std::string& text) { sink(std::as_bytes(std::span(text))); };
  put(model.text());
  put(graph.text());
  for (size_t i = 0; i < heads.size(); ++i) {
    put(heads[i].text());
    sink(initializers_[i].data);
    put(initializers_[i].own);
  }
}

void serialize_onnx(const Graph& graph, const TensorViews& tensors, const OnnxWriteOptions& options, const ByteSink& sink) {
  OnnxExporter(graph, tensors, options).write(sink);
}

void write_onnx(const std::filesystem::path& path, const Graph& graph, const TensorViews& tensors,
                const OnnxWriteOptions& options) {
  const OnnxExporter exporter(graph, tensors, options);
  replace_file(path, [&](const ByteSink& sink) { exporter.write(sink); });
}

}  // namespace residual::io
