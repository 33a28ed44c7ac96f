// The checksum that our own files carry, which distinguishes a damaged file from an intact one.
#pragma once

#include <string>
#include <string_view>

#include "io/safetensors/safetensors.h"

namespace residual::io {

/// The metadata key that holds the checksum.
inline constexpr std::string_view kChecksumKey = "residual.crc32";

/// CRC-32 over the contents, as 8 hexadecimal digits: names, element types, shapes and bytes of the tensors and all metadata but
/// the checksum itself. It does not depend on how the file lays them out, so a file that another program has copied faithfully
/// stays intact.
std::string checksum_of(const TensorViews& tensors, const Metadata& metadata);

/// Throws Error (kBadFile) when `file` carries a checksum that its contents do not have; a file without one passes.
void verify_checksum(const SafetensorsFile& file, std::string_view name);

}  // namespace residual::io
