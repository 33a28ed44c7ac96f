// Named tensors that persist between steps: parameters, running statistics, optimizer moments. Always in canonical layout.
#pragma once

#include <map>
#include <string>

#include "core/tensor/tensor.h"
#include "graph/graph.h"

namespace residual {

class State {
 public:
  /// Throws Error (kUsage) when no tensor has that name.
  Tensor& at(const std::string& name);
  const Tensor& at(const std::string& name) const;
  bool contains(const std::string& name) const { return tensors_.contains(name); }
  void set(const std::string& name, Tensor tensor) { tensors_.insert_or_assign(name, std::move(tensor)); }
  void erase(const std::string& name) { tensors_.erase(name); }
  const std::map<std::string, Tensor>& tensors() const noexcept { return tensors_; }

 private:
  std::map<std::string, Tensor> tensors_;
};

/// Adds the Variables of `graph` that `state` lacks, drawn by their initializers: each a function of (seed, name), so that adding
/// a layer changes no other layer's initial values.
void initialise(State& state, const Graph& graph, uint64_t seed);
State initial_state(const Graph& graph, uint64_t seed);

}  // namespace residual
