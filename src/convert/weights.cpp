#include "convert/weights.h"

#include <array>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "io/format_version.h"
#include "io/onnx_read.h"
#include "io/safetensors_header.h"
#include "io/torch_file.h"

namespace residual::convert {
namespace {

constexpr std::string_view kConfig = "config.json";
constexpr std::array<std::string_view, 2> kWeightFiles{"model.safetensors", "pytorch_model.bin"};

// The header's length as the first 8 bytes say it; 0 when it cannot be a safetensors file.
uint64_t safetensors_header_length(const io::Source& source) {
  uint64_t length = 0;
  if (source.size < 9) return 0;
  source.read(0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > source.size - 8 || length > io::kMaxSafetensorsHeader) return 0;
  char first = 0;
  source.read(8, std::as_writable_bytes(std::span(&first, 1)));
  return first == '{' ? length : 0;
}

bool is_ours(const io::Source& source, uint64_t length) {
  std::string text(static_cast<size_t>(length), '\0');
  source.read(8, std::as_writable_bytes(std::span(text)));
  const io::Metadata metadata = io::parse_safetensors_header(text, source.size - 8 - length, source.name).metadata;
  return metadata.contains(std::string(io::kModelKey)) || metadata.contains(std::string(io::kCheckpointKey));
}

Weights read_folder(const std::filesystem::path& folder) {
  constexpr size_t kMostConfig = size_t{16} << 20;
  for (const std::string_view name : kWeightFiles) {
    const std::filesystem::path file = folder / name;
    if (!std::filesystem::exists(file)) continue;
    Weights weights = read_weights(file, kind_of(file));
    weights.format = "Hugging Face";
    weights.config = folder / kConfig;
    const std::vector<std::byte> text = read_file(weights.config, kMostConfig);
    weights.config_text.assign(reinterpret_cast<const char*>(text.data()), text.size());
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
  const uint64_t length = safetensors_header_length(source);
  if (length == 0) return path.extension() == ".onnx" || io::is_onnx_file(source) ? FileKind::kOnnx : FileKind::kUnknown;
  return is_ours(source, length) ? FileKind::kModel : FileKind::kSafetensors;
}

Weights read_weights(const std::filesystem::path& path, FileKind kind) {
  if (kind == FileKind::kTorch) {
    io::TorchFile file = io::read_torch(path);
    return {"PyTorch", std::move(file.tensors), std::move(file.notes), {}, {}};
  }
  if (kind == FileKind::kSafetensors) {
    io::SafetensorsFile file = io::read_safetensors(path);
    return {"safetensors", std::move(file.tensors), std::move(file.metadata), {}, {}};
  }
  if (kind == FileKind::kHuggingFace) return read_folder(path);
  fail(ErrorKind::kBadFile,
       "'{}' is no file of weights that can be read: expected a model file of residual, safetensors, a PyTorch file (.pth, .pt, "
       ".th), an ONNX file, or a folder with config.json and weights",
       path.string());
}

}  // namespace residual::convert
