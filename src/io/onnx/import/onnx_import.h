// Building a graph from the nodes of an ONNX file: what a node's names mean, and how the rules of the operators access it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/onnx/import/onnx_operand.h"
#include "io/onnx/import/onnx_read.h"
#include "io/onnx/import/onnx_rules.h"

namespace residual::io {

class OnnxImporter {
 public:
  OnnxImporter(OnnxStorage& storage, const OnnxDocument& document, const OnnxReadOptions& options = {})
      : storage_(storage), document_(document), options_(options) {}
  OnnxModel run();

  // What the rules of the operators use. A node's input or output is meant by its index.
  Graph& graph() noexcept { return model_.graph; }
  int64_t opset() const noexcept { return document_.opset; }
  /// The batch that the file fixes, or -1.
  int64_t declared_batch() const noexcept { return batch_; }
  /// A name for the graph's nodes: "layer1.0.conv1", from the weights' names or the node's.
  std::string layer_name(const OnnxNode& node) const;
  [[noreturn]] void refuse(const OnnxNode& node, const std::string& why) const;

  bool has(const OnnxNode& node, size_t input) const;
  bool is_constant(const OnnxNode& node, size_t input) const;
  bool is_quantized(const OnnxNode& node, size_t input) const;
  /// The same for a node whose turn has not come: false for what is not there yet.
  bool knows_constant(const OnnxNode& node, size_t input) const;
  /// Refuses one that is repeated for each image, unless `repeated_too`.
  const Constant& constant(const OnnxNode& node, size_t input, bool repeated_too = false) const;
  const Quantized& quantized(const OnnxNode& node, size_t input) const;
  /// A constant's values, to compute with.
  Numbers numbers(const OnnxNode& node, size_t input, bool repeated_too = false);

  /// With what still has to be done to it, to look at.
  const Activation& pending(const OnnxNode& node, size_t input) const;
  /// The same to go on with, under another name or with more to do. Where others read it too, it is scaled first.
  Activation taken(const OnnxNode& node, size_t input);
  /// With everything done but slices and padding.
  Activation scaled(const OnnxNode& node, size_t input);
  /// With everything done, in whatever layout.
  Activation done(const OnnxNode& node, size_t input);
  /// An image N,C,H,W with everything done; refuses any other layout.
  Value image(const OnnxNode& node, size_t input);
  /// The same where that dimension is the channels; flattened where it is channels, rows and columns, in this order.
  Activation channels(const OnnxNode& node, size_t input, size_t dimension);
  /// Refuses a layout other than N,C,H,W.
  void expect_image(const OnnxNode& node, const Activation& x) const;
  /// N,C,H,W as N,C H W, and the reverse for N,C; made once for each value.
  Value flat(Value value);
  Value as_image(Value value);
  /// The shape of an activation, N,C,H,W or N,C, when everything is done.
  Shape shape_of(const Activation& x) const;

  /// A list of whole numbers. Nobody computes with the number of images: it is refused.
  std::vector<int64_t> integers(const OnnxNode& node, size_t input, size_t most = 16) const;
  /// The same for the shape that Reshape or Expand makes, in which the number of images may be: kOpenBatch.
  std::vector<int64_t> sizes(const OnnxNode& node, size_t input) const;
  /// A list that is an attribute in older opsets and an input in newer ones; none where it is neither.
  std::optional<std::vector<int64_t>> list_of(const OnnxNode& node, const char* attribute, size_t input) const;
  /// One number that the file holds.
  float scalar(const OnnxNode& node, size_t input) const;
  /// Of 0 … rank-1, for one that may count from the end.
  size_t dimension(const OnnxNode& node, int64_t axis, size_t rank) const;

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

  /// A constant whose values lie in the file, or that follows from others.
  Constant stored_constant(const std::string& name, const OnnxTensor& tensor);
  Constant made_constant(const OnnxNode& node, Numbers numbers);
  /// Memory that the bytes of the file do not justify: refused beyond a bound. Call it before the memory is taken.
  void charge(uint64_t bytes);
  /// The same for floats that nodes compute from constants, of which large files may have more.
  void charge_numbers(uint64_t count);
  /// Time that the bytes of the file do not justify: products of numbers that nodes compute from constants.
  void charge_products(uint64_t count);

  void set(const OnnxNode& node, Operand operand, size_t output = 0);
  /// N,C,H,W or N,C.
  void set(const OnnxNode& node, Value value);
  /// The only node that reads the output, where it is `op` and reads it once; for what two nodes express together.
  const OnnxNode* only_reader(const OnnxNode& node, std::string_view op) const;
  const OnnxNode* only_reader(const OnnxNode& node) const;
  bool has_one_reader(const std::string& name) const;
  /// The node is spoken for by one before it.
  void skip(const OnnxNode& node) { skipped_.insert(&node); }
  /// The output is probabilities, or their logarithms, of what `set` gives as the output.
  void end_in_probabilities() { model_.ends_in_softmax = true; }
  bool is_output(const std::string& name) const { return document_.outputs.front().name == name; }

 private:
  void check_document() const;
  void find_live_nodes();
  void add_constants();
  void add_input();
  bool takes_channels_last(const OnnxValue& images) const;
  void apply(const OnnxNode& node);
  const OnnxRule& rule_of(const OnnxNode& node) const;
  bool all_constant(const OnnxNode& node) const;
  bool is_moved_quantized(const OnnxNode& node) const;
  void move_quantized(const OnnxNode& node, const OnnxRule& rule);
  void finish();
  Value before_probabilities(Value logits);
  const Operand& operand(const OnnxNode& node, size_t input) const;
  Value scaled(const Activation& activation);
  std::optional<Value> scaled_layer(const Activation& activation);
  Value padded(const OnnxNode& node, const Activation& activation);
  void scale_in_place(Value variable, const std::vector<double>& scale, const std::vector<double>* shift);
  bool is_used_once(Value variable) const;
  Value declare(const std::string& name, Role role, Tensor tensor);
  std::string free_name(const std::string& wanted);

  static constexpr size_t kBytesOfAName = 1024;  // what an operand or a Variable takes, its place in the graph included

  OnnxStorage& storage_;
  const OnnxDocument& document_;
  OnnxReadOptions options_;
  OnnxModel model_;
  int64_t batch_ = -1;
  std::map<std::string, Operand> operands_;
  std::map<std::string, std::vector<const OnnxNode*>> readers_;  // live nodes
  std::set<const OnnxNode*> skipped_;
  std::map<std::pair<std::string, std::string>, std::string> parameters_;  // (constant, how) -> Variable
  struct Made {
    std::pair<std::string, std::string> key;
    size_t uses;
  };
  std::map<std::string, Made> made_;  // Variables, by name
  std::set<const void*> stored_;      // what has become a Variable once
  std::set<NodeId> variances_;        // Variables that hold no value below 0
  std::map<std::string, int> names_;  // taken more than once
  std::map<Value, Value> flat_, images_;
  uint64_t extra_bytes_ = 0, folded_bytes_ = 0, products_ = 0;
};

}  // namespace residual::io
