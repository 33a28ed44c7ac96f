// The safetensors format: u64 little-endian header length, a JSON header, then the tensors' bytes without holes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/system/file.h"
#include "core/tensor/tensor.h"
#include "io/source.h"

namespace residual::io {

using Metadata = std::map<std::string, std::string>;
using Tensors = std::map<std::string, Tensor>;
using TensorViews = std::map<std::string, const Tensor*>;  ///< tensors that live elsewhere, none of them null

/// The contents of one file, in the order of the names.
struct SafetensorsFile {
  Tensors tensors;
  Metadata metadata;  ///< the file's `__metadata__`
};

TensorViews views_of(const Tensors& tensors);

/// Reads a file of element types F32, F64, F16, BF16, I64, I32, U8 with at most Shape::kMaxRank dimensions. Throws Error
/// (kBadFile) that names the file and the tensor on anything that is not exactly so. No allocation is larger than the file
/// justifies.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

SafetensorsFile read_safetensors(const Source& source);

/// The same from memory; `name` stands for the file in messages.
SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, std::string_view name);

/// Whether the file begins as safetensors files do: with the length of a header that fits into it, and the header's brace.
bool is_safetensors_file(const Source& source);

/// The file's `__metadata__`, its header being read and checked and no tensor. Throws as read_safetensors does.
Metadata read_safetensors_metadata(const Source& source);

/// Writes the same bytes for the same contents: tensors by descending element size, those of a multiple of 64 bytes first, then
/// by name; the header is padded with spaces so that the data begin at a multiple of 64 bytes. Throws Error (kUsage) when a name
/// or text is not UTF-8 or a tensor is called `__metadata__`.
void serialize_safetensors(const TensorViews& tensors, const Metadata& metadata, const ByteSink& sink);

/// serialize_safetensors into a file that is replaced as a whole (see replace_file). Throws Error (kResource) when it cannot be
/// written.
void write_safetensors(const std::filesystem::path& path, const TensorViews& tensors, const Metadata& metadata = {});

}  // namespace residual::io
