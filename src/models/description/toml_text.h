// TOML as JSON: one parser's tree for both languages.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace residual::models {

/// The document as JSON. Throws Error (kBadFile), its message beginning with `what`, for a text that is not TOML.
nlohmann::json json_from_toml(std::string_view text, std::string_view what);

}  // namespace residual::models
