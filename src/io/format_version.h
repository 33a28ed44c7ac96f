// The version that our own files carry in their metadata.
#pragma once

#include <string_view>

#include "io/safetensors/safetensors.h"

namespace residual::io {

inline constexpr std::string_view kModelKey = "residual.format";
inline constexpr std::string_view kCheckpointKey = "residual.checkpoint";
inline constexpr std::string_view kFormatVersion = "1.0";  ///< of both; a new minor version only adds keys

/// Takes `key`, whose value is "MAJOR.MINOR", out of the metadata. Throws Error (kBadFile) when it is missing, when it is not a
/// version, or when its major version is newer than ours, with the version that is needed. `name` is the file in messages.
void take_format_version(Metadata& metadata, std::string_view key, std::string_view name);

/// Takes a text out of the metadata; throws Error (kBadFile) when it is missing.
std::string take_text(Metadata& metadata, std::string_view key, std::string_view name);

}  // namespace residual::io
