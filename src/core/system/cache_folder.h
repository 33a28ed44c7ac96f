// The folder of files that can be made or fetched again.
#pragma once

#include <filesystem>
#include <optional>

namespace residual {

/// The folder of set_cache_folder; otherwise $RESIDUAL_CACHE_DIR, $XDG_CACHE_HOME/residual or ~/.cache/residual, and empty where
/// none of these variables is set. The folder need not exist; where the path is empty nothing is kept.
std::filesystem::path cache_folder();

/// Of the whole process, in place of the environment; nullopt: as the environment says.
void set_cache_folder(std::optional<std::filesystem::path> folder);

}  // namespace residual
