// A model as one safetensors file: weights under torchvision's names; architecture, preprocessing and labels in its metadata.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors/safetensors.h"

namespace residual::io {

/// Metadata keys of what a network is beside its weights, in model files and in the ONNX files that we write.
inline constexpr std::string_view kArchitectureKey = "residual.architecture", kPreprocessingKey = "residual.preprocessing",
                                  kLabelsKey = "residual.labels";

/// Metadata key of a file made from weights without a known preprocessing of images: what the file says of it is not to be
/// relied on.
inline constexpr std::string_view kUnpreparedKey = "residual.unprepared";

/// Everything that a trained network is. The metadata keys are those above, `residual.format` ("1.0") and `residual.crc32` (see
/// checksum.h); the labels are a JSON list of texts.
struct ModelFile {
  std::string architecture = "{}";   ///< JSON: how the model table rebuilds the graph
  std::string preprocessing = "[]";  ///< JSON: how an image becomes the network's input
  std::vector<std::string> labels;   ///< names of the classes by index; empty when they have none
  Metadata extra;                    ///< metadata of other names, kept as they are
  Tensors tensors;                   ///< torchvision state_dict names; convolution weights out,in,kh,kw
  bool preprocessing_known = true;   ///< whether the preprocessing of images is known
};

/// Replaces `path` as a whole; the same model gives the same bytes. Throws Error: kResource when it cannot be written, kNumeric
/// when a weight is not finite, kUsage when architecture or preprocessing is not JSON.
void save_model(const std::filesystem::path& path, const ModelFile& model);

/// The same for weights that live elsewhere; model.tensors is ignored.
void save_model(const std::filesystem::path& path, const ModelFile& model, const TensorViews& tensors);

/// Throws Error (kBadFile) that names the file when it is damaged, newer than this library, no model, or holds weights that are
/// not finite.
ModelFile load_model(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in messages.
ModelFile parse_model(std::span<const std::byte> bytes, std::string_view name);

/// The bytes that save_model writes.
void serialize_model(const ModelFile& model, const TensorViews& tensors, const ByteSink& sink);

/// Names of classes as a JSON list of texts, and back; `what` begins the message of the Error (kBadFile) for anything else.
std::string labels_text(const std::vector<std::string>& labels);
std::vector<std::string> parse_labels(std::string_view text, const std::string& what);

}  // namespace residual::io
