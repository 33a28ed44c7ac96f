// The value of every node of a graph, computed node by node with the reference loops: plans and kernels are compared with it. It
// uses no plans, layouts or fusion.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backend/reference/reference.h"
#include "core/tensor/float16.h"
#include "core/tensor/tensor.h"
#include "graph/op.h"
#include "graph/sources.h"

namespace residual::support {

using Tensors = std::map<std::string, Tensor>;

/// Sets one element, rounded to the tensor's type.
inline void set_element(Tensor& tensor, size_t i, double value) {
  switch (tensor.dtype()) {
    case DType::kF32: tensor.as<float>()[i] = static_cast<float>(value); return;
    case DType::kF64: tensor.as<double>()[i] = value; return;
    case DType::kF16: tensor.as<Float16>()[i] = Float16(value); return;
    case DType::kBF16: tensor.as<BFloat16>()[i] = BFloat16(value); return;
    case DType::kI64: tensor.as<int64_t>()[i] = static_cast<int64_t>(value); return;
    case DType::kI32: tensor.as<int32_t>()[i] = static_cast<int32_t>(value); return;
    default: fail(ErrorKind::kOther, "a test tensor of {}", name_of(tensor.dtype()));
  }
}

inline double element(const Tensor& tensor, size_t i) {
  switch (tensor.dtype()) {
    case DType::kF32: return double{tensor.as<float>()[i]};
    case DType::kF64: return tensor.as<double>()[i];
    case DType::kF16: return double{tensor.as<Float16>()[i]};
    case DType::kBF16: return double{tensor.as<BFloat16>()[i]};
    case DType::kI64: return static_cast<double>(tensor.as<int64_t>()[i]);
    case DType::kI32: return static_cast<double>(tensor.as<int32_t>()[i]);
    default: fail(ErrorKind::kOther, "a test tensor of {}", name_of(tensor.dtype()));
  }
}

/// Every value of a graph by node and output; assigned values are under the Variable's name in `assigned`.
class Oracle {
 public:
  /// `tensors`: inputs and Variables by name.
  Oracle(const Graph& graph, const Tensors& tensors) : graph_(graph) {
    const GraphView view(graph);
    for (size_t id = 0; id < graph.nodes().size(); ++id) values_.push_back(evaluate(view, static_cast<NodeId>(id), tensors));
  }

  const Tensor& at(Value value) const {
    return values_.at(static_cast<size_t>(value.node)).at(static_cast<size_t>(value.output));
  }
  const Tensor& output(std::string_view name) const { return at(graph_.find_output(name).value()); }

  /// The Variables' values after the run.
  Tensors after(const Tensors& before) const {
    Tensors result;
    for (const auto& [name, tensor] : before) result.emplace(name, tensor.clone());
    for (const Node& node : graph_.nodes()) {
      if (node.op == &assign_op()) result.at(node.attributes.as<AssignAttrs>().variable) = at(node.inputs[0]).clone();
    }
    return result;
  }

 private:
  static const Backend& reference() {
    static const std::shared_ptr<const Backend> backend = make_reference_backend();
    return *backend;
  }

  static Tensor given(const Tensors& tensors, const std::string& name, const TensorType& type) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) fail(ErrorKind::kOther, "the test gives no tensor '{}'", name);
    if (found->second.dtype() != type.dtype || found->second.shape() != type.shape) {
      fail(ErrorKind::kOther, "the test gives '{}' as {}, {} is expected", name, to_string(found->second.shape()),
           to_string(type.shape));
    }
    return found->second.clone();
  }

  std::vector<Tensor> evaluate(const GraphView& view, NodeId id, const Tensors& tensors) const {
    const Node& node = graph_.node(id);
    std::vector<Tensor> outputs;
    if (node.op == &assign_op()) return outputs;
    if (node.op == &input_op()) {
      outputs.push_back(given(tensors, node.attributes.as<InputAttrs>().input, node.outputs[0]));
    } else if (node.op == &variable_op()) {
      outputs.push_back(given(tensors, node.attributes.as<VariableAttrs>().variable, node.outputs[0]));
    } else if (node.op == &constant_op()) {
      outputs.emplace_back(node.outputs[0].dtype, node.outputs[0].shape);
      for (size_t i = 0; i < static_cast<size_t>(outputs[0].elements()); ++i) {
        set_element(outputs[0], i, node.attributes.as<ConstantAttrs>().value);
      }
    } else {
      run(view, id, outputs);
    }
    return outputs;
  }

  void run(const GraphView& view, NodeId id, std::vector<Tensor>& outputs) const {
    const Node& node = graph_.node(id);
    for (const auto& pattern : reference().patterns()) {
      const std::vector<Match> matches = pattern->match(view, id);
      if (matches.empty()) continue;
      const std::vector<Layout> plain(matches[0].inputs.size());
      const std::vector<Implementation> implementations = pattern->implementations(graph_, matches[0], plain);
      std::vector<const std::byte*> in;
      std::vector<std::byte*> out;
      for (const Value& value : matches[0].inputs) in.push_back(at(value).data());
      for (const TensorType& type : node.outputs) {
        outputs.emplace_back(type.dtype, type.shape);
        out.push_back(outputs.back().data());
      }
      const Buffer scratch(implementations[0].scratch_bytes);
      const auto kernel = implementations[0].build();
      BoundKernel(*kernel).run(in.data(), out.data(), scratch.data());
      return;
    }
    fail(ErrorKind::kOther, "the reference backend has no loops for {} '{}'", node.op->name, node.name);
  }

  const Graph& graph_;
  std::vector<std::vector<Tensor>> values_;
};

}  // namespace residual::support
