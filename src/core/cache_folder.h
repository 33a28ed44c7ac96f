// Where this user's files lie that can be made or fetched again.
#pragma once

#include <filesystem>

namespace residual {

/// $RESIDUAL_CACHE_DIR, $XDG_CACHE_HOME/residual or ~/.cache/residual; empty where none of these variables is set. The folder
/// need not be there.
std::filesystem::path cache_folder();

}  // namespace residual
