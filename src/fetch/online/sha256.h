// SHA-256 of a file's bytes.
#pragma once

#include <string>

namespace residual::fetch {

/// Of the file behind an open descriptor, from its first byte to its last: 64 lower-case hexadecimal digits. The descriptor's
/// position is left alone. Throws Error (kBadFile) when it cannot be read.
std::string sha256_of(int descriptor);

}  // namespace residual::fetch
