// Networks from ONNX files (opsets 7 to 24) as other tools export them for this family: an inference graph in our own ops, and
// the weights as its Variables.
#pragma once

#include <filesystem>
#include <optional>
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
  bool ends_in_softmax = false;  ///< the file's last node was a Softmax or LogSoftmax; the logits are what goes into it
};

struct OnnxReadOptions {
  /// C,H,W of the images, for files that leave sizes of their input open; must agree with those that they fix.
  std::optional<Shape> input{};
};

/// Reads weights in files beside it, too, of which the file gives plain names. The file's images may be N,C,H,W or N,H,W,C; the
/// graph's are N,C,H,W. Nodes that the output does not need are ignored. Throws Error (kBadFile) that names the file, and where
/// it is a node that is not understood: the operator, the node and what is supported. Cycles, missing inputs, shapes that
/// overflow and what no model file holds (core/limits.h) are refused; (kUsage) where `options` contradict the file. Weights are
/// read straight into the tensors; beside them, memory stays in proportion to the files.
OnnxModel read_onnx(const std::filesystem::path& path, const OnnxReadOptions& options = {});

/// The same from memory; `name` stands for the file in messages.
OnnxModel parse_onnx(std::span<const std::byte> bytes, std::string_view name, const OnnxReadOptions& options = {});

/// Whether the bytes are those of a protocol buffer that has a graph where ONNX has it.
bool is_onnx_file(const Source& source);

/// The operators that are read, as a table in Markdown: opsets, attributes and limits of each.
std::string onnx_operator_table();

}  // namespace residual::io
