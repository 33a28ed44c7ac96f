#include "io/onnx/import/onnx_read.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/limits.h"
#include "graph/op.h"
#include "graph/rewrite.h"
#include "io/onnx/import/onnx_import.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/flatten.h"

namespace residual::io {
namespace {

constexpr int64_t kOldestOpset = 11, kNewestOpset = 21;
constexpr size_t kMostIntegers = 1024;               // of a list: a shape, pads, axes
constexpr int64_t kMostElements = int64_t{1} << 40;  // of any value, for one image: sums of sizes stay within 64 bits

}  // namespace

void OnnxImporter::check_document() const {
  const std::string& name = file_.source().name;
  if (document_.opset < kOldestOpset || document_.opset > kNewestOpset) {
    fail(ErrorKind::kBadFile, "'{}' uses opset {}; {} to {} are supported: export it again with one of these", name,
         document_.opset, kOldestOpset, kNewestOpset);
  }
  if (document_.has_sparse) fail(ErrorKind::kBadFile, "'{}' holds sparse weights, which are not supported", name);
  if (document_.outputs.size() != 1) {
    fail(ErrorKind::kBadFile, "'{}' has {} outputs; a classifier has one, its logits", name, document_.outputs.size());
  }
  for (const auto& [tensor_name, tensor] : document_.initializers) {
    if (!tensor.elsewhere.empty()) checked_shape(file_, tensor);
  }
}

Constant OnnxImporter::stored_constant(const std::string& name, const OnnxTensor& tensor) {
  const OnnxTensor* stored = &tensor;
  return {name,
          checked_shape(file_, tensor),
          tensor.type,
          stored,
          [this, stored] { return read_floats(file_, *stored); },
          [this, stored] { return read_integers(file_, *stored, kMostIntegers); },
          [this, stored] { return read_whole_numbers_as_floats(file_, *stored); }};
}

void OnnxImporter::add_constants() {
  for (const auto& [name, tensor] : document_.initializers) operands_.emplace(name, stored_constant(name, tensor));
}

void OnnxImporter::add_input() {
  const std::string& file = file_.source().name;
  const OnnxValue* images = nullptr;
  for (const OnnxValue& input : document_.inputs) {
    if (document_.initializers.contains(input.name)) continue;  // how old files declare their weights
    if (images != nullptr)
      fail(ErrorKind::kBadFile, "'{}' has more than one input: '{}' and '{}'", file, printable(images->name),
           printable(input.name));
    images = &input;
  }
  if (images == nullptr) fail(ErrorKind::kBadFile, "'{}' has no input", file);
  if (images->type != OnnxType::kFloat && images->type != OnnxType::kFloat16) {
    fail(ErrorKind::kBadFile, "'{}': input '{}' is of {}, float is expected", file, printable(images->name),
         name_of(images->type));
  }
  const std::vector<int64_t>& dims = images->dims;
  if (dims.size() != 4) {
    fail(ErrorKind::kBadFile, "'{}': input '{}' has {} dimensions, images have four: N,C,H,W", file, printable(images->name),
         dims.size());
  }
  for (size_t i = 1; i < 4; ++i) {
    if (dims[i] >= 1 && dims[i] <= kMostSide) continue;
    fail(ErrorKind::kBadFile,
         "'{}': input '{}' leaves its {} open or has {}, at most {} are supported; export the network for one size of image "
         "(only the batch may vary)",
         file, printable(images->name),
         std::string_view(i == 1   ? "channels"
                          : i == 2 ? "height"
                                   : "width"),
         dims[i], kMostSide);
  }
  batch_ = dims[0];
  const Value value = graph().input("images", {DType::kF32, Shape{1, dims[1], dims[2], dims[3]}});
  operands_.insert_or_assign(images->name, Activation{value});
}

void OnnxImporter::apply(const OnnxNode& node) {
  const OnnxRule* rule = node.domain.empty() || node.domain == "ai.onnx" ? find_onnx_rule(node.op) : nullptr;
  if (rule == nullptr) {
    refuse(node, fmt::format("this operator{} is not supported; supported are {}",
                             node.domain.empty() ? "" : " of '" + printable(node.domain) + "'", known_onnx_operators()));
  }
  for (const auto& [name, attribute] : node.attributes) {
    if (std::ranges::find(rule->attributes, name) == rule->attributes.end())
      refuse(node, fmt::format("attribute '{}' is not supported", printable(name)));
  }
  try {
    const auto scope = graph().scope(layer_name(node));
    rule->apply(*this, node);
  } catch (const Error& error) {
    const bool says_where = std::string_view(error.what()).starts_with(fmt::format("'{}'", file_.source().name));
    if (error.kind() == ErrorKind::kResource || says_where) throw;
    refuse(node, error.what());
  }
}

// Whoever wants probabilities makes them of the logits.
Value OnnxImporter::before_probabilities(Value logits) {
  const Node* node = &graph().node(logits.node);
  const bool flat = node->op == &flatten_op();
  if (flat) node = &graph().node(node->inputs[0].node);
  if (node->op == &sigmoid_op()) {
    fail(ErrorKind::kBadFile,
         "'{}' ends in a Sigmoid: it says yes or no to each class by itself, and is not a classifier that picks one of them",
         file_.source().name);
  }
  if (node->op != &softmax_op()) return logits;
  model_.ends_in_softmax = true;
  const Value scores = node->inputs[0];
  return flat ? flatten(graph(), scores) : scores;
}

void OnnxImporter::finish() {
  const OnnxValue& output = document_.outputs.front();
  const auto found = operands_.find(output.name);
  if (found == operands_.end() || !std::holds_alternative<Activation>(found->second))
    fail(ErrorKind::kBadFile, "'{}': no node computes the output '{}'", file_.source().name, printable(output.name));
  OnnxNode end{"output", "", output.name, {output.name}, {}, {}};
  Value logits = value(end, 0);
  const Shape shape = graph().shape(logits);
  if (shape.rank() == 4 && shape[2] == 1 && shape[3] == 1) logits = flatten(graph(), logits);
  if (graph().shape(logits).rank() != 2) {
    fail(ErrorKind::kBadFile, "'{}': the output '{}' has shape {} for one image; a classifier gives one number a class",
         file_.source().name, printable(output.name), to_string(shape));
  }
  if (const int64_t classes = graph().shape(logits)[1]; classes < kLeastClasses || classes > kMostClasses) {
    fail(ErrorKind::kBadFile, "'{}': the output '{}' gives {} classes, {} to {} are supported", file_.source().name,
         printable(output.name), classes, kLeastClasses, kMostClasses);
  }
  graph().output("logits", before_probabilities(logits));
  model_.graph = pruned(graph());
  std::erase_if(model_.tensors, [&](const auto& tensor) { return !graph().variables().contains(tensor.first); });
  verify(graph());
}

OnnxModel OnnxImporter::run() {
  check_document();
  add_constants();
  add_input();
  for (const OnnxNode& node : document_.nodes) {
    for (const std::string& input : node.inputs) readers_[input].push_back(&node);
  }
  for (const OnnxNode& node : document_.nodes) {
    if (!skipped_.contains(&node)) apply(node);
  }
  finish();
  model_.metadata = std::move(document_.metadata);
  return std::move(model_);
}

void OnnxImporter::set(const OnnxNode& node, Operand operand) {
  if (const auto* activation = std::get_if<Activation>(&operand)) {
    const Shape& shape = graph().shape(activation->value);
    if (shape.elements() > kMostElements) refuse(node, fmt::format("its output would have shape {}", to_string(shape)));
  }
  if (node.outputs.empty()) refuse(node, "it has no output");
  charge(kBytesOfAName + 2 * node.outputs[0].size());
  if (!operands_.emplace(node.outputs[0], std::move(operand)).second)
    refuse(node, fmt::format("it gives '{}', which is there already", printable(node.outputs[0])));
}

bool is_onnx_file(const Source& source) {
  constexpr uint64_t kIrVersion = 1, kGraph = 7;
  WireFile file(source);
  WireReader model(file, {0, source.size});
  bool version = false, graph = false;
  try {
    while (model.next()) {
      version |= model.field() == kIrVersion && model.type() == WireType::kVarint;
      graph |= model.field() == kGraph && model.type() == WireType::kBytes;
    }
  } catch (const Error&) {
    return false;
  }
  return version && graph;
}

OnnxModel read_onnx(const std::filesystem::path& path) {
  WireFile file(file_source(path));
  return OnnxImporter(file).run();
}

OnnxModel parse_onnx(std::span<const std::byte> bytes, std::string_view name) {
  WireFile file(memory_source(bytes, name));
  return OnnxImporter(file).run();
}

}  // namespace residual::io
