// Class names from a file.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace residual::data {

/// One name a line; or JSON: a list of names, an object from index to name ("0": "cat", as id2label), or a config.json, see
/// config_labels. In ImageNet's form, "0": ["n01440764", "tench"], the last string
/// counts. Throws Error (kBadFile), naming `name`, for anything else, for indices that leave gaps, for an empty list or name, and
/// for names that are not UTF-8.
std::vector<std::string> parse_labels(std::string_view text, std::string_view name);

/// The class names in a config.json, `label_names` or `id2label`; none where it has neither. Throws as parse_labels does.
std::vector<std::string> config_labels(const nlohmann::json& config, std::string_view name);

/// The same as parse_labels for a file. Warns of a name that two classes have: ImageNet has two of "crane", elsewhere it is
/// likely a mistake.
std::vector<std::string> read_labels(const std::filesystem::path& path);

}  // namespace residual::data
