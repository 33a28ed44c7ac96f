#include "convert/file_kind.h"

#include <string>
#include <system_error>

#include "core/error.h"
#include "io/format_version.h"
#include "io/onnx/import/onnx_read.h"
#include "io/safetensors/safetensors.h"
#include "io/torch/torch_file.h"

namespace residual::convert {
namespace {

bool is_ours(const io::Source& source) {
  const io::Metadata metadata = io::read_safetensors_metadata(source);
  return metadata.contains(std::string(io::kModelKey)) || metadata.contains(std::string(io::kCheckpointKey));
}

}  // namespace

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::kModel: return "residual";
    case FileKind::kSafetensors: return "safetensors";
    case FileKind::kTorch: return "PyTorch";
    case FileKind::kHuggingFace: return "Hugging Face";
    case FileKind::kOnnx: return "ONNX";
    case FileKind::kUnknown: break;
  }
  return "unknown";
}

FileKind kind_of(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return std::filesystem::exists(path / kHuggingFaceConfig, ignored) ? FileKind::kHuggingFace : FileKind::kUnknown;
  }
  const io::Source source = io::file_source(path);
  if (io::is_torch_file(source)) return FileKind::kTorch;
  if (io::is_safetensors_file(source)) return is_ours(source) ? FileKind::kModel : FileKind::kSafetensors;
  if (path.extension() == ".onnx" || io::is_onnx_file(source)) return FileKind::kOnnx;
  return path.extension() == ".safetensors" ? FileKind::kModel : FileKind::kUnknown;  // its own reader reports what is damaged
}

FileKind kind_to_write(const std::filesystem::path& path) {
  const std::filesystem::path extension = path.extension();
  if (extension == ".safetensors") return FileKind::kModel;
  if (extension == ".pth" || extension == ".pt") return FileKind::kTorch;
  if (extension == ".onnx") return FileKind::kOnnx;
  fail(ErrorKind::kUsage,
       "'{}': the name's extension does not tell the format to save in; expected .safetensors, .pth, .pt or .onnx",
       path.string());
}

}  // namespace residual::convert
