// Names of classes from a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace residual::data {

/// One name a line; or JSON: a list of names, an object from index to name ("0": "cat", as id2label), or the config.json that
/// holds such a list or object as `label_names` or `id2label`. In ImageNet's form, "0": ["n01440764", "tench"], the last text
/// counts. Throws Error (kBadFile), naming `name`, for anything else, for indices that leave gaps, for an empty list or name, and
/// for texts that are no UTF-8.
std::vector<std::string> parse_labels(std::string_view text, std::string_view name);

/// The same for a file. Warns of a name that two classes have: ImageNet has two of "crane", elsewhere it is likely a mistake.
std::vector<std::string> read_labels(const std::filesystem::path& path);

}  // namespace residual::data
