// The tensors of a file of weights, whatever wrote it: recognised by content, not by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "convert/file_kind.h"
#include "io/safetensors/safetensors.h"

namespace residual::convert {

struct Weights {
  io::Tensors tensors;            ///< under the names and in the element types of the file
  io::Metadata notes;             ///< texts and numbers beside the tensors: "arch" -> "resnet18"
  io::Metadata ours;              ///< of a PyTorch file that we wrote: the metadata of our model files
  std::filesystem::path config;   ///< of a Hugging Face folder: its config.json; empty where there is none
  std::string config_text;        ///< what that file holds
  std::string preprocessor_text;  ///< what the preprocessor_config.json beside it holds; empty where there is none
};

inline constexpr std::string_view kPreprocessorConfig = "preprocessor_config.json";

/// Reads all kinds but kModel, kOnnx and kUnknown; of several networks in a file the one that `weights_in` names (see load.h).
/// Throws Error (kBadFile) that names the file, (kUsage) where nothing has that name.
Weights read_weights(const std::filesystem::path& path, FileKind kind, std::string_view weights_in = {});

}  // namespace residual::convert
