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

/// What a file of weights holds. The state_dict may be the whole object, or anywhere in the dicts, lists and objects that
/// training scripts save, or a module that was saved as a whole. Of several the likeliest is read, and which one is said.
struct TorchFile {
  Tensors tensors;  ///< under the names of the state_dict, element types as stored, dense in canonical order
  Metadata notes;   ///< texts and numbers beside the tensors: "arch" -> "resnet18", "epoch" -> "90"
  Metadata ours;    ///< what serialize_torch was given besides tensors
};

/// Whether the bytes at the source's beginning are those of a file that torch.save writes, in either format.
bool is_torch_file(const Source& source);

/// Reads tensors of element types float, double, half, bfloat16, long, int and byte with their strides, offsets and shared
/// storages; a state_dict's entries of other types and its numbers and texts are omitted. `weights_in` names the state_dict by
/// the keys that lead to it, with dots ("ema.state_dict"), or the tensors by how their names begin; empty: the likeliest. Classes
/// and functions in the pickle stay data, and nothing is ever executed. Throws Error (kBadFile) that names what was found for
/// objects and quantized tensors in the state_dict itself, compressed or overlapping entries, tensors that reach beyond their
/// storage or that together are larger than the file; (kUsage) for a `weights_in` that is not there.
TorchFile read_torch(const Source& source, std::string_view weights_in = {});
TorchFile read_torch(const std::filesystem::path& path, std::string_view weights_in = {});

/// Writes the zip format with entries stored and aligned to 64 bytes, the same bytes for the same contents;
/// torch.load(weights_only=True) gives an OrderedDict of the tensors, in the order of `order` (all names, each once). `ours`
/// becomes entries residual/KEY of the archive, which PyTorch ignores.
void serialize_torch(const TensorViews& tensors, std::span<const std::string> order, const Metadata& ours, const ByteSink& sink);

/// serialize_torch into a file that is replaced as a whole (see replace_file). Throws Error (kResource) when it cannot be
/// written.
void write_torch(const std::filesystem::path& path, const TensorViews& tensors, std::span<const std::string> order,
                 const Metadata& ours = {});

}  // namespace residual::io
