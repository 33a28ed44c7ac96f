#include "convert/file_kind.h"

#include <algorithm>
#include <span>
#include <string>
#include <system_error>

#include "core/error.h"
#include "core/text.h"
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

// What was saved in place of the file, where its first bytes tell.
std::string_view mistaken_for(const io::Source& source) {
  std::string start(static_cast<size_t>(std::min<uint64_t>(source.size, 256)), '\0');
  source.read(0, std::as_writable_bytes(std::span(start)));
  if (start.starts_with("version https://git-lfs.github.com/spec/"))
    return "a git-lfs pointer, which stands for the file in a clone: run `git lfs pull` there, or download the file itself";
  start.erase(0, std::min(start.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), start.size()));
  start = lower_case(start);
  if (start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head"))
    return "a web page (HTML), saved in place of the file: download the file itself, which most sites call raw";
  if (start.starts_with("<?xml")) return "an XML document, perhaps a server's error message: download the file again";
  return {};
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

std::filesystem::path model_in(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path best = path / "best.safetensors";
  const bool run = std::filesystem::is_directory(path, ignored) && std::filesystem::is_regular_file(best, ignored) &&
                   !std::filesystem::exists(path / kHuggingFaceConfig, ignored);
  return run ? best : path;
}

FileKind kind_of(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return std::filesystem::exists(path / kHuggingFaceConfig, ignored) ? FileKind::kHuggingFace : FileKind::kUnknown;
  }
  const io::Source source = io::file_source(path);
  if (const std::string_view what = mistaken_for(source); !what.empty())
    fail(ErrorKind::kBadFile, "'{}' is {}", path.string(), what);
  if (io::is_torch_file(source)) return FileKind::kTorch;
  if (io::is_safetensors_file(source)) return is_ours(source) ? FileKind::kModel : FileKind::kSafetensors;
  if (path.extension() == ".onnx" || io::is_onnx_file(source)) return FileKind::kOnnx;
  return path.extension() == ".safetensors" ? FileKind::kModel : FileKind::kUnknown;  // its own reader reports what is damaged
}

bool holds_one_network(FileKind kind) {
  return kind == FileKind::kModel || kind == FileKind::kOnnx;
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
