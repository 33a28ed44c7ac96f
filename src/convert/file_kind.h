// What a file of weights or of a model is, and the programs that it is for.
#pragma once

#include <filesystem>
#include <string_view>

namespace residual::convert {

enum class FileKind {
  kModel,        ///< our own model file
  kSafetensors,  ///< another program's
  kTorch,        ///< .pth, .pt, .th in either format
  kHuggingFace,  ///< a folder with config.json and model.safetensors or pytorch_model.bin
  kOnnx,         ///< a network with its weights
  kUnknown,
};

inline constexpr std::string_view kHuggingFaceConfig = "config.json";

std::string_view name_of(FileKind kind);  ///< of the program, for people: "residual", "PyTorch"

/// The best model where `path` is the folder of a training run; otherwise the path itself.
std::filesystem::path model_in(const std::filesystem::path& path);

/// Of a path that is there, by its first bytes; its name decides only where these tell nothing. Throws Error (kBadFile) when
/// there is none, and for what is often saved in a file's place: web pages, git-lfs pointers.
FileKind kind_of(const std::filesystem::path& path);

/// Whether such a file holds one network, and nothing of which part could be chosen.
bool holds_one_network(FileKind kind);

/// Of a file that is to be written, by its extension: .safetensors (our model file), .pth and .pt, .onnx. Throws Error (kUsage)
/// for any other.
FileKind kind_to_write(const std::filesystem::path& path);

}  // namespace residual::convert
