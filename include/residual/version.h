// Which version of the library this is.
#pragma once

namespace residual {

/// Source compatibility is kept within a minor version.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace residual
