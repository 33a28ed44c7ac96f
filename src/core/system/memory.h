// The memory of the machine, or of the container that the process runs in.
#pragma once

#include <cstddef>
#include <optional>

namespace residual {

/// Bytes; none where the system does not tell.
std::optional<size_t> installed_memory();
/// Bytes that this process can still take, on the machine and in its container; none where the system does not tell.
std::optional<size_t> available_memory();

}  // namespace residual
