// PyTorch's files of weights (.pth, .pt, .th), in the zip format and in the one before it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "io/safetensors/safetensors.h"
#include "io/source.h"

namespace residual::io {

/// Within the archive's root, what serialize_torch keeps besides tensors.
inline constexpr std::string_view kOursFolder = "residual/";

/// What a file of weights holds. The state_dict may be the whole object or in a dict under a name such as `state_dict` or
/// `model`.
struct TorchFile {
  Tensors tensors;  ///< under the names of the state_dict, element types as stored, dense in canonical order
  Metadata notes;   ///< texts and numbers beside the tensors: "arch" -> "resnet18", "epoch" -> "90"
  Metadata ours;    ///< what serialize_torch was given besides tensors
};

/// Whether the bytes at the source's beginning are those of a file that torch.save writes, in either format.
bool is_torch_file(const Source& source);

/// Reads tensors of element types float, double, half, bfloat16, long, int and byte with their strides, offsets and shared
/// storages; a state_dict's entries of other types and those that are not tensors are omitted. Throws Error (kBadFile) that names
/// what was found on everything else: other classes or functions in the pickle (nothing is ever executed), compressed or
/// overlapping entries, tensors that reach beyond their storage or that together are larger than the file.
TorchFile read_torch(const Source& source);
TorchFile read_torch(const std::filesystem::path& path);

/// Writes the zip format with entries stored and aligned to 64 bytes, the same bytes for the same contents;
/// torch.load(weights_only=True) gives an OrderedDict of the tensors, in the order of `order` (all names, each once). `ours`
/// becomes entries residual/KEY of the archive, which PyTorch ignores.
void serialize_torch(const TensorViews& tensors, std::span<const std::string> order, const Metadata& ours, const ByteSink& sink);

/// serialize_torch into a file that is replaced as a whole (see replace_file). Throws Error (kResource) when it cannot be
/// written.
void write_torch(const std::filesystem::path& path, const TensorViews& tensors, std::span<const std::string> order,
                 const Metadata& ours = {});

}  // namespace residual::io
