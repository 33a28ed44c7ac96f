// Building a graph from the nodes of an ONNX file: what a node's names mean, and how the rules of the operators access it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "io/onnx/import/onnx_read.h"
#include "io/onnx/onnx_document.h"

namespace residual::io {

/// Rows and columns of zeros around an image.
struct Margins {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool any() const noexcept { return top != 0 || left != 0 || bottom != 0 || right != 0; }
};

/// y = scale x + shift, one of each a channel.
struct Affine {
  std::vector<double> scale, shift;
};

/// A value that is computed, and what still has to be done to it; ONNX expresses in several nodes what one of our ops does at
/// once. In this order: scale a channel and shift it, keep every n-th row and column, pad with zeros.
struct Activation {
  Value value;
  std::shared_ptr<const Affine> affine;  ///< null: nothing; one for all names that the value has
  Size2 every{1, 1};
  Margins zeros;
};

/// Numbers that the file holds, read when they are needed. Copies share what their functions hold.
struct Constant {
  std::string name;
  Shape shape;
  OnnxType type{};
  const void* storage = nullptr;  ///< the same for two constants that lie at one place of the file
  std::function<Tensor()> floats;
  std::function<std::vector<int64_t>()> integers;
  std::function<Tensor()> whole_numbers;  ///< integers of any kind as floats
  std::optional<size_t> open_batch;       ///< which of the integers, 0 there, is the number of images that the file leaves open
};

/// What a QuantizeLinear gives: a value that is rounded already, to integers of this scale and zero point.
struct Quantized {
  Value value;
  float scale = 1;
  int64_t zero_point = 0;
};

using Operand = std::variant<Activation, Constant, Quantized>;

class OnnxImporter {
 public:
  explicit OnnxImporter(WireFile& file) : file_(file), document_(parse_onnx_document(file)) {}
  OnnxModel run();

  // What the rules of the operators use. A node's input or output is meant by its index.
  Graph& graph() noexcept { return model_.graph; }
  WireFile& file() noexcept { return file_; }
  const OnnxDocument& document() const noexcept { return document_; }
  /// The batch that the file fixes, or -1.
  int64_t declared_batch() const noexcept { return batch_; }
  /// A name for the graph's nodes: "layer1.0.conv1", from the weights' names or the node's.
  std::string layer_name(const OnnxNode& node) const;

  [[noreturn]] void refuse(const OnnxNode& node, const std::string& why) const;
  bool has(const OnnxNode& node, size_t input) const;
  bool is_constant(const OnnxNode& node, size_t input) const;
  /// The same for a node whose turn has not come: false for what is not there yet.
  bool knows_constant(const OnnxNode& node, size_t input) const;
  const Constant& constant(const OnnxNode& node, size_t input) const;
  const Quantized& quantized(const OnnxNode& node, size_t input) const;
  /// With what still has to be done to it, but for scaling, which is made a node of its own.
  Activation activation(const OnnxNode& node, size_t input);
  /// The same, scaling left as it is.
  const Activation& pending(const OnnxNode& node, size_t input) const;
  /// With everything done; refuses rows and columns of zeros.
  Value value(const OnnxNode& node, size_t input);
  /// A list of whole numbers. Nobody computes with the number of images: it is refused.
  std::vector<int64_t> integers(const OnnxNode& node, size_t input, size_t most = 16) const;
  /// The same for the shape that Reshape makes, whose first size may be the number of images: 0, as it calls it itself.
  std::vector<int64_t> sizes(const OnnxNode& node, size_t input) const;
  /// One number that the file holds.
  float scalar(const OnnxNode& node, size_t input) const;

  int64_t integer(const OnnxNode& node, const char* attribute, int64_t otherwise) const;
  float number(const OnnxNode& node, const char* attribute, float otherwise) const;
  std::string text(const OnnxNode& node, const char* attribute, const char* otherwise) const;
  std::optional<std::vector<int64_t>> list(const OnnxNode& node, const char* attribute) const;
  Size2 pair(const OnnxNode& node, const char* attribute, std::optional<Size2> otherwise) const;

  /// A Variable with the values of a constant input, changed by `change` where it is given; `how` names the change, so that one
  /// that is used twice is made once. Its name is the constant's own, or the layer's with `suffix`.
  Value parameter(const OnnxNode& node, size_t input, std::string_view suffix, Role role, const std::string& how = {},
                  const std::function<Tensor(const Tensor&)>& change = {});
  /// A Variable of the layer `node` that corresponds to no constant of the file.
  Value made_up(const std::string& layer, std::string_view suffix, Role role, Tensor tensor);

  /// Refuses a Variable that holds values below 0. Each is checked once, however many nodes read it.
  void expect_variance(const OnnxNode& node, Value variable);

  /// A constant whose values lie in the file.
  Constant stored_constant(const std::string& name, const OnnxTensor& tensor);
  /// Memory that the bytes of the file do not justify: refused beyond a fixed bound. Call it before the memory is taken.
  void charge(uint64_t bytes);

  void set(const OnnxNode& node, Operand operand);
  void set(const OnnxNode& node, Value value) { set(node, Activation{value}); }
  /// The only node that reads the output, where it is `op` and reads it once; for what two nodes express together.
  const OnnxNode* only_reader(const OnnxNode& node, std::string_view op) const;
  /// The node is spoken for by one before it.
  void skip(const OnnxNode& node) { skipped_.insert(&node); }
  bool is_output(const std::string& name) const { return document_.outputs.front().name == name; }

 private:
  void check_document() const;
  void add_constants();
  void add_input();
  void apply(const OnnxNode& node);
  void finish();
  Value before_probabilities(Value logits);
  const Operand& operand(const OnnxNode& node, size_t input) const;
  Value scaled(const Activation& activation);
  Value declare(const std::string& name, Role role, Tensor tensor);
  std::string free_name(const std::string& wanted);

  static constexpr size_t kBytesOfAName = 1024;  // what an operand or a Variable takes, its place in the graph included

  WireFile& file_;
  OnnxDocument document_;
  OnnxModel model_;
  int64_t batch_ = -1;
  std::map<std::string, Operand> operands_;
  std::map<std::string, std::vector<const OnnxNode*>> readers_;
  std::set<const OnnxNode*> skipped_;
  std::map<std::pair<std::string, std::string>, std::string> parameters_;  // (constant, how) -> Variable
  std::set<const void*> stored_;                                           // what has become a Variable once
  std::set<NodeId> variances_;                                             // Variables that hold no value below 0
  std::map<std::string, int> names_;                                       // taken more than once
  uint64_t extra_bytes_ = 0;
};

/// The operator's rule, or null; and the names of those there are.
struct OnnxRule {
  void (*apply)(OnnxImporter& in, const OnnxNode& node);
  std::vector<std::string_view> attributes;  ///< those that are understood
};
const OnnxRule* find_onnx_rule(std::string_view op);
std::string known_onnx_operators();

/// What these operators do to constants, which lists of whole numbers may be.
void fold_concat(OnnxImporter& in, const OnnxNode& node);
void fold_reshape(OnnxImporter& in, const OnnxNode& node);
void fold_slice(OnnxImporter& in, const OnnxNode& node);

using OnnxRules = std::map<std::string_view, OnnxRule>;
void add_layer_rules(OnnxRules& rules);       ///< convolution, normalisation, pooling, matrix products
void add_arithmetic_rules(OnnxRules& rules);  ///< sums, scaling, activations
void add_quantization_rules(OnnxRules& rules);
void add_folding_rules(OnnxRules& rules);  ///< lists of whole numbers that are computed from constants
void add_shape_rules(OnnxRules& rules);    ///< what moves values without changing them, and constants

}  // namespace residual::io
