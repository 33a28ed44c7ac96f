// Networks to ONNX files: opset 17, IR 8, a free batch, names as in the state_dict.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/system/file.h"
#include "graph/graph.h"
#include "io/safetensors/safetensors.h"

namespace residual::io {

/// What a network's input goes through first: (x / divide - mean[c]) / std[c].
struct OnnxPreprocessing {
  float divide = 255;
  std::vector<float> mean, std;  ///< one a channel
};

struct OnnxWriteOptions {
  Metadata metadata;                               ///< becomes the file's metadata_props
  std::optional<OnnxPreprocessing> preprocessing;  ///< put inside; the file's input is then what comes before it
};

/// `graph`: evaluation, input "images": N,C,H,W (of any N) and output "logits"; `tensors`: its Variables, float32. The file's
/// input and output have the same names, its nodes those of the graph's scopes, its initializers those of the Variables. Weights
/// are written from where they lie. Throws Error: kUsage for an op that ONNX files of ours do not hold, a tensor that is missing
/// or misshapen, and more than the 2 GiB that a protocol buffer may have; kNumeric when a weight is not finite.
void serialize_onnx(const Graph& graph, const TensorViews& tensors, const OnnxWriteOptions& options, const ByteSink& sink);

/// serialize_onnx into a file that is replaced as a whole (see replace_file). Throws Error (kResource) when it cannot be written.
void write_onnx(const std::filesystem::path& path, const Graph& graph, const TensorViews& tensors,
                const OnnxWriteOptions& options = {});

}  // namespace residual::io
