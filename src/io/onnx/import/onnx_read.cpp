#include "io/onnx/import/onnx_read.h"

#include <algorithm>

#include "core/json_text.h"
#include "core/limits.h"
#include "graph/op.h"
#include "graph/rewrite.h"
#include "io/onnx/import/onnx_import.h"
#include "io/onnx/import/onnx_qoperator.h"
#include "ops/elementwise/sigmoid.h"
#include "ops/reductions/softmax.h"
#include "ops/shape/flatten.h"

namespace residual::io {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 40;  // of any value, for one image: sums of sizes stay within 64 bits

}  // namespace

void OnnxImporter::check_document() const {
  const std::string& name = storage_.name();
  if (document_.opset < kOldestOpset || document_.opset > kNewestOpset) {
    fail(ErrorKind::kBadFile, "'{}' uses opset {}; {} to {} are supported: export it again with one of these", name,
         document_.opset, kOldestOpset, kNewestOpset);
  }
  if (document_.has_sparse) fail(ErrorKind::kBadFile, "'{}' holds sparse weights, which are not supported", name);
  if (document_.outputs.size() != 1) {
    fail(ErrorKind::kBadFile, "'{}' has {} outputs; a classifier has one, its logits", name, document_.outputs.size());
  }
}

// Nodes that the output is not computed from are skipped, whatever they are.
void OnnxImporter::find_live_nodes() {
  std::map<std::string_view, const OnnxNode*> makers;
  for (const OnnxNode& node : document_.nodes) {
    for (const std::string& output : node.outputs) makers.emplace(output, &node);
  }
  std::set<const OnnxNode*> live;
  std::vector<std::string_view> open{document_.outputs.front().name};
  while (!open.empty()) {
    const auto maker = makers.find(open.back());
    open.pop_back();
    if (maker == makers.end() || !live.insert(maker->second).second) continue;
    for (const std::string& input : maker->second->inputs) {
      if (!input.empty()) open.push_back(input);
    }
  }
  for (const OnnxNode& node : document_.nodes) {
    if (!live.contains(&node)) {
      skip(node);
      continue;
    }
    for (const std::string& input : node.inputs) readers_[input].push_back(&node);
  }
}

Constant OnnxImporter::stored_constant(const std::string& name, const OnnxTensor& tensor) {
  const OnnxTensor* stored = &tensor;
  OnnxStorage* storage = &storage_;
  return {name,
          storage->checked_shape(tensor),
          tensor.type,
          stored,
          [storage, stored] { return storage->read_floats(*stored); },
          [storage, stored](size_t most) { return storage->read_integers(*stored, most); },
          [storage, stored] { return storage->read_whole_numbers_as_floats(*stored); }};
}

void OnnxImporter::add_constants() {
  for (const auto& [name, tensor] : document_.initializers) {
    if (readers_.contains(name) || is_output(name)) operands_.emplace(name, stored_constant(name, tensor));
  }
}

const OnnxRule& OnnxImporter::rule_of(const OnnxNode& node) const {
  const OnnxRule* rule = node.domain.empty() || node.domain == "ai.onnx" ? find_onnx_rule(node.op) : nullptr;
  if (rule == nullptr) refuse(node, onnx_advice(node));
  if (node.made) return *rule;
  const OnnxForm* form = form_of(*rule, opset());
  if (form == nullptr) {
    refuse(node, fmt::format("it is part of ONNX from opset {} on, the file says opset {}", rule->forms.front().since, opset()));
  }
  for (const auto& [name, attribute] : node.attributes) {
    if (std::ranges::find(form->attributes, name) != form->attributes.end()) continue;
    const bool other_opset = std::ranges::any_of(rule->forms, [&wanted = name](const OnnxForm& other) {
      return std::ranges::find(other.attributes, wanted) != other.attributes.end();
    });
    refuse(node, fmt::format("attribute '{}' is not {}", printable(name),
                             other_opset ? fmt::format("part of it in opset {}", opset()) : "supported"));
  }
  if (node.inputs.size() > form->most_inputs) {
    refuse(node,
           fmt::format("it has {} inputs, at most {} are supported in opset {}", node.inputs.size(), form->most_inputs, opset()));
  }
  return *rule;
}

bool OnnxImporter::all_constant(const OnnxNode& node) const {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (has(node, i) && !is_constant(node, i)) return false;
  }
  return true;
}

// Whether integers are only moved, or the largest of them taken.
bool OnnxImporter::is_moved_quantized(const OnnxNode& node) const {
  static const std::set<std::string_view> kMoves{"MaxPool",   "Reshape", "Flatten", "Squeeze", "Unsqueeze",
                                                 "Transpose", "Slice",   "Gather",  "Split"};
  return kMoves.contains(node.op) && has(node, 0) && is_quantized(node, 0);
}

void OnnxImporter::move_quantized(const OnnxNode& node, const OnnxRule& rule) {
  const Quantized x = quantized(node, 0);
  operands_.insert_or_assign(node.inputs[0], x.activation);
  rule.apply(*this, node);
  operands_.insert_or_assign(node.inputs[0], x);
  for (const std::string& output : node.outputs) {
    const auto y = operands_.find(output);
    if (y == operands_.end()) continue;
    if (const auto* activation = std::get_if<Activation>(&y->second)) y->second = Quantized{*activation, x.scale, x.zero_point};
  }
}

void OnnxImporter::apply(const OnnxNode& node) {
  const OnnxRule& rule = rule_of(node);
  try {
    const auto scope = graph().scope(layer_name(node));
    if (all_constant(node) && rule.fold != nullptr) {
      set(node, rule.fold(*this, node));
    } else if (rule.apply != nullptr) {
      is_moved_quantized(node) ? move_quantized(node, rule) : rule.apply(*this, node);
    } else {
      refuse(node, "of computed values it is not supported, only of constants");
    }
  } catch (const Error& error) {
    const bool says_where = std::string_view(error.what()).starts_with(fmt::format("'{}'", storage_.name()));
    if (error.kind() == ErrorKind::kResource || says_where) throw;
    refuse(node, error.what());
  }
}

// Whoever wants probabilities makes them of the logits.
Value OnnxImporter::before_probabilities(Value logits) {
  const Node* node = &graph().node(logits.node);
  const bool flattened = node->op == &flatten_op();
  if (flattened) node = &graph().node(node->inputs[0].node);
  if (node->op == &sigmoid_op()) {
    fail(ErrorKind::kBadFile,
         "'{}' ends in a Sigmoid: it says yes or no to each class by itself, and is not a classifier that picks one of them",
         storage_.name());
  }
  if (node->op != &softmax_op()) return logits;
  model_.ends_in_softmax = true;
  return flat(node->inputs[0]);
}

void OnnxImporter::finish() {
  const OnnxValue& output = document_.outputs.front();
  const auto found = operands_.find(output.name);
  if (found == operands_.end() || !std::holds_alternative<Activation>(found->second))
    fail(ErrorKind::kBadFile, "'{}': no node computes the output '{}'", storage_.name(), printable(output.name));
  const OnnxNode end{"output", "", output.name, {output.name}, {}, {}};
  const Activation x = done(end, 0);
  const Shape shape = graph().shape(x.value);
  const std::vector<Axis> order = x.layout.order();
  if (x.layout.rank() < 2 || x.layout[0] != Layout::Dimension{Axis::kN} ||
      x.layout.size(1, shape) != without_batch(shape).elements() || !std::ranges::is_sorted(order)) {
    fail(ErrorKind::kBadFile, "'{}': the output '{}' has shape {} for one image; a classifier gives one number a class",
         storage_.name(), printable(output.name), to_string(shape));
  }
  const Value logits = flat(x.value);
  if (const int64_t classes = graph().shape(logits)[1]; classes < kLeastClasses || classes > kMostClasses) {
    fail(ErrorKind::kBadFile, "'{}': the output '{}' gives {} classes, {} to {} are supported", storage_.name(),
         printable(output.name), classes, kLeastClasses, kMostClasses);
  }
  graph().output("logits", before_probabilities(logits));
  model_.graph = pruned(graph());
  std::erase_if(model_.tensors, [&](const auto& tensor) { return !graph().variables().contains(tensor.first); });
  verify(graph());
}

OnnxModel OnnxImporter::run() {
  check_document();
  find_live_nodes();
  add_constants();
  add_input();
  for (const OnnxNode& node : document_.nodes) {
    if (!skipped_.contains(&node)) apply(node);
  }
  finish();
  model_.metadata = document_.metadata;
  return std::move(model_);
}

void OnnxImporter::set(const OnnxNode& node, Operand operand, size_t output) {
  if (const auto* activation = std::get_if<Activation>(&operand)) {
    const Shape shape = shape_of(*activation);
    if (shape.elements() > kMostElements) refuse(node, fmt::format("its output would have shape {}", to_string(shape)));
  }
  if (output >= node.outputs.size()) refuse(node, "it has no output");
  const std::string& name = node.outputs[output];
  charge(kBytesOfAName + 2 * name.size());
  if (!operands_.emplace(name, std::move(operand)).second)
    refuse(node, fmt::format("it gives '{}', which is there already", printable(name)));
}

void OnnxImporter::set(const OnnxNode& node, Value value) {
  const Shape& shape = graph().shape(value);
  set(node, Activation{.value = value, .layout = shape.rank() == 4 ? Layout::nchw(shape) : Layout::nc(shape)});
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

OnnxModel read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options) {
  OnnxStorage storage(file_source(path), path);
  OnnxDocument document = parse_onnx_document(storage.file());
  replace_qoperators(document);
  return OnnxImporter(storage, document, options).run();
}

OnnxModel parse_onnx(std::span<const std::byte> bytes, std::string_view name, const OnnxReadOptions& options) {
  OnnxStorage storage(memory_source(bytes, name));
  OnnxDocument document = parse_onnx_document(storage.file());
  replace_qoperators(document);
  return OnnxImporter(storage, document, options).run();
}

}  // namespace residual::io
