#include "convert/weights.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "core/system/file.h"
#include "data/preprocessing/presets.h"
#include "io/torch/torch_file.h"

namespace residual::convert {
namespace {

constexpr std::array<std::string_view, 2> kWeightFiles{"model.safetensors", "pytorch_model.bin"};

std::string text_of(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = read_file(path, data::kMostConfigBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Weights read_folder(const std::filesystem::path& folder, std::string_view weights_in) {
  for (const std::string_view name : kWeightFiles) {
    const std::filesystem::path file = folder / name;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) continue;
    const FileKind kind = kind_of(file);
    if (kind == FileKind::kModel)
      fail(ErrorKind::kBadFile, "'{}' is a model file of residual: name it, not its folder", file.string());
    Weights weights = read_weights(file, kind == FileKind::kHuggingFace ? FileKind::kUnknown : kind, weights_in);
    weights.config = folder / kHuggingFaceConfig;
    weights.config_text = text_of(weights.config);
    if (const std::filesystem::path beside = folder / kPreprocessorConfig; std::filesystem::exists(beside, ignored))
      weights.preprocessor_text = text_of(beside);
    return weights;
  }
  fail(ErrorKind::kBadFile, "'{}' has a {} but neither {} nor {} beside it", folder.string(), kHuggingFaceConfig, kWeightFiles[0],
       kWeightFiles[1]);
}

// The tensors whose names begin with `prefix` and a dot, without these.
io::Tensors under(io::Tensors tensors, std::string_view prefix, const std::filesystem::path& path) {
  const std::string beginning = std::string(prefix) + ".";
  io::Tensors result;
  for (auto& [name, tensor] : tensors) {
    if (name.starts_with(beginning)) result.emplace(name.substr(beginning.size()), std::move(tensor));
  }
  if (result.empty()) fail(ErrorKind::kUsage, "'{}' holds no tensors under '{}'", path.string(), printable(prefix));
  return result;
}

[[noreturn]] void refuse_unknown(const std::filesystem::path& path) {
  fail(ErrorKind::kBadFile,
       "'{}' is not a file of weights that can be read: expected a model file of residual, safetensors, a PyTorch file (.pth, "
       ".pt, .th), an ONNX file, the folder of a training run, or a folder with config.json and weights",
       path.string());
}

}  // namespace

Weights read_weights(const std::filesystem::path& path, FileKind kind, std::string_view weights_in) {
  if (kind == FileKind::kTorch) {
    io::TorchFile file = io::read_torch(path, weights_in);
    return {std::move(file.tensors), std::move(file.notes), std::move(file.ours), {}, {}, {}};
  }
  if (kind == FileKind::kSafetensors) {
    io::SafetensorsFile file = io::read_safetensors(path);
    if (!weights_in.empty()) file.tensors = under(std::move(file.tensors), weights_in, path);
    return {std::move(file.tensors), std::move(file.metadata), {}, {}, {}, {}};
  }
  if (kind == FileKind::kHuggingFace) return read_folder(path, weights_in);
  refuse_unknown(path);
}

}  // namespace residual::convert
