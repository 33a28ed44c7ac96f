// Files of JSON in the cache folder (core/system/cache_folder.h): what can be found out again, shared by all processes of a user.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace residual {

/// What a file of the cache is, for the warning where it cannot be used: "the WHAT 'FILE' cannot be read (…); INSTEAD".
struct CacheFile {
  std::filesystem::path path;  ///< empty: nothing is kept
  std::string_view what;       ///< "kernel cache"
  std::string_view instead;    ///< "kernels are timed anew"
};

/// The file's object; an empty one where it is missing, and, with a warning, where it is unreadable, damaged or something else.
nlohmann::json read_cache(const CacheFile& file);

/// Adds to the file's object as it is now, replacing the file as a whole: objects in both are merged, other values replaced. A
/// file that cannot be written is a warning, and false.
bool extend_cache(const CacheFile& file, const nlohmann::json& more);

}  // namespace residual
