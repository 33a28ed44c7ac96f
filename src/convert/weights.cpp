#include "convert/weights.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "data/recipes.h"
#include "io/format_version.h"
#include "io/onnx_read.h"
#include "io/torch_file.h"

namespace residual::convert {
namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::array<std::string_view, 2> kWeightFiles{"model.safetensors", "pytorch_model.bin"};

bool is_ours(const io::Source& source) {
  const io::Metadata metadata = io::read_safetensors_metadata(source);
  return metadata.contains(std::string(io::kModelKey)) || metadata.contains(std::string(io::kCheckpointKey));
}

std::string text_of(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, data::kMostConfigBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Weights read_folder(const std::filesystem::path& folder) {
  for (const std::string_view name : kWeightFiles) {
    const std::filesystem::path file = folder / name;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    const FileKind kind = kind_of(file);
    if (kind == FileKind::kModel)
      fail(ErrorKind::kBadFile, "'{}' is a model file of residual: name it, not its folder", file.string());
    Weights weights = read_weights(file, kind == FileKind::kHuggingFace ? FileKind::kUnknown : kind);
    weights.format = "Hugging Face";
    weights.config = folder / kConfig;
    weights.config_text = text_of(weights.config);
    if (const std::filesystem::path beside = folder / kPreprocessorConfig; std::filesystem::exists(beside, ignored))
      weights.preprocessor_text = text_of(beside);
    return weights;
  }
  fail(ErrorKind::kBadFile, "'{}' has a {} but neither {} nor {} beside it", folder.string(), kConfig, kWeightFiles[0],
       kWeightFiles[1]);
}

}  // namespace

FileKind kind_of(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return std::filesystem::exists(path / kConfig, ignored) ? FileKind::kHuggingFace : FileKind::kUnknown;
  }
  const io::Source source = io::file_source(path);
  if (io::is_torch_file(source)) return FileKind::kTorch;
  if (io::is_safetensors_file(source)) return is_ours(source) ? FileKind::kModel : FileKind::kSafetensors;
  return path.extension() == ".onnx" || io::is_onnx_file(source) ? FileKind::kOnnx : FileKind::kUnknown;
}

Weights read_weights(const std::filesystem::path& path, FileKind kind) {
  if (kind == FileKind::kTorch) {
    io::TorchFile file = io::read_torch(path);
    return {"PyTorch", std::move(file.tensors), std::move(file.notes), std::move(file.ours), {}, {}, {}};
  }
  if (kind == FileKind::kSafetensors) {
    io::SafetensorsFile file = io::read_safetensors(path);
    return {"safetensors", std::move(file.tensors), std::move(file.metadata), {}, {}, {}, {}};
  }
  if (kind == FileKind::kHuggingFace) return read_folder(path);
  fail(ErrorKind::kBadFile,
       "'{}' is no file of weights that can be read: expected a model file of residual, safetensors, a PyTorch file (.pth, .pt, "
       ".th), an ONNX file, or a folder with config.json and weights",
       path.string());
}

}  // namespace residual::convert
