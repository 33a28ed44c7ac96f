// Any bytes are a network in ONNX or a clean refusal; a network that was read has all its weights and a text form that parses
// back.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "fuzz/expect_bad_file.h"
#include "graph/parse.h"
#include "io/onnx/import/onnx_read.h"
#include "ops/table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  residual::io::OnnxModel model;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (!residual::fuzz::expect_bad_file([&] { model = residual::io::parse_onnx(bytes, "input"); })) return 0;
  for (const auto& [name, variable] : model.graph.variables()) {
    if (model.tensors.at(name).shape() != variable.type.shape) std::abort();
  }
  const std::string text = residual::to_text(model.graph);
  if (residual::to_text(residual::parse_graph(text, residual::find_op)) != text) std::abort();
  return 0;
}
