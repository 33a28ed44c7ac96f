// Networks from ONNX files (opsets 11 to 21) as other tools export them for this family: an inference graph in our own ops, and
// the weights as its Variables.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "graph/graph.h"
#include "io/safetensors/safetensors.h"
#include "io/source.h"

namespace residual::io {

struct OnnxModel {
  Graph graph;                   ///< input "images": 1,C,H,W, batched (see rebatch); output "logits": 1,classes; evaluation only
  Tensors tensors;               ///< float32, by Variable name: the file's own names where they are state_dict names
  Metadata metadata;             ///< the file's metadata_props
  bool ends_in_softmax = false;  ///< the file's last node was a Softmax; the logits are what goes into it
};

/// Throws Error (kBadFile) that names the file, and where it is a node that is not understood: the operator, the node and what is
/// supported. Weights in other files, cycles, missing inputs, shapes that overflow and what no model file holds (core/limits.h)
/// are refused. Weights are read straight into the tensors; beside them, memory stays within a fixed bound.
OnnxModel read_onnx(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in messages.
OnnxModel parse_onnx(std::span<const std::byte> bytes, std::string_view name);

/// Whether the bytes are those of a protocol buffer that has a graph where ONNX has it.
bool is_onnx_file(const Source& source);

}  // namespace residual::io
