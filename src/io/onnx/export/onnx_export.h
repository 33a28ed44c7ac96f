// Building an ONNX graph from one of ours: what the rules of the ops write into.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/op.h"
#include "io/onnx/export/onnx_write.h"
#include "io/onnx/protobuf_wire.h"

namespace residual::io {

/// The attributes of one ONNX node.
class OnnxAttributes {
 public:
  OnnxAttributes& integer(std::string_view name, int64_t value);
  OnnxAttributes& number(std::string_view name, double value);
  OnnxAttributes& list(std::string_view name, std::span<const int64_t> values);
  OnnxAttributes& pair(std::string_view name, const Size2& size);
  /// The same before and after: top, left, bottom, right.
  OnnxAttributes& pads(const Size2& padding);
  const WireWriter& fields() const noexcept { return fields_; }

 private:
  WireWriter fields_;
};

class OnnxExporter {
 public:
  OnnxExporter(const Graph& graph, const TensorViews& tensors, const OnnxWriteOptions& options);
  void write(const ByteSink& sink) const;

  // What the rules use.
  const Graph& graph() const noexcept { return graph_; }
  /// What a value is called in the file.
  const std::string& name(Value value) const { return names_.at(value); }
  std::vector<std::string> inputs(const Node& node) const;
  /// Appends a node that computes `output`; its name is the output's.
  void node(std::string_view op, std::span<const std::string> inputs, const std::string& output,
            const OnnxAttributes& attributes = {});
  /// A list of whole numbers as an input of a node; returns its name.
  std::string integers(const std::string& name, std::span<const int64_t> values);
  std::string floats(const std::string& name, std::span<const float> values, std::span<const int64_t> dims);
  /// One number of type int8 or uint8.
  std::string byte(const std::string& name, int64_t value, bool is_signed);
  /// A name that nothing in the file has yet.
  std::string fresh(const std::string& wanted);

 private:
  struct Initializer {
    WireWriter head;                  // all of the TensorProto but the values
    std::span<const std::byte> data;  // of a Variable
    std::string own;                  // or of numbers that the exporter made
  };
  void add_nodes();
  void add_node(NodeId id);
  void add_input(const Node& node, Value value);
  void add_variable(const Node& node, Value value);
  std::string prepared(const std::string& images, int64_t channels);
  void initializer(const std::string& name, int32_t type, std::span<const int64_t> dims, std::span<const std::byte> data,
                   std::string own);

  const Graph& graph_;
  const TensorViews& tensors_;
  const OnnxWriteOptions& options_;
  std::map<Value, std::string> names_;
  std::set<std::string> taken_;
  std::map<std::string, int> counts_;
  WireWriter nodes_;   // NodeProtos, as fields of the graph
  WireWriter values_;  // its inputs and outputs
  std::vector<Initializer> initializers_;
};

/// How an op is written in ONNX: nodes that compute the first output, called `output`. Null for ops of training.
using OnnxExportRule = void (*)(OnnxExporter& out, const Node& node, const std::string& output);
OnnxExportRule find_onnx_export_rule(const OpDef& op);

}  // namespace residual::io
