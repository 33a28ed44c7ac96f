// What the folders of a data set are called.
#include <algorithm>

#include "core/error.h"
#include "core/json_text.h"
#include "core/text.h"
#include "data/sources/sources.h"

namespace residual::data {

bool is_split_name(std::string_view folder, std::span<const std::string_view> names, SplitName how) {
  const std::string lower = lower_case(folder);
  return std::ranges::any_of(names, [&](std::string_view name) {
    return lower == name || (how == SplitName::kPrefix && lower.starts_with(std::string(name) + "_"));
  });
}

std::string split_folder(const FileTree& tree, std::span<const std::string_view> names, SplitName how) {
  std::string found;
  for (const FileTree::Entry& entry : tree.list("")) {
    if (!entry.folder || !is_split_name(entry.name, names, how)) continue;
    if (!found.empty()) {
      fail(ErrorKind::kBadFile, "'{}' has the folders '{}' and '{}'; which of them is the {} split?", tree.where(""),
           printable(found), printable(entry.name), names[0]);
    }
    found = entry.name;
  }
  return found;
}

void check_class_name(const std::string& name, const std::string& where) {
  try {
    (void)nlohmann::json(name).dump();
  } catch (const nlohmann::json::exception&) {
    std::string bytes;
    for (const char letter : name) bytes += fmt::format("{:02x}", static_cast<unsigned char>(letter));
    fail(ErrorKind::kBadFile, "'{}' names a class in bytes that are not UTF-8 ({}); rename it", where, bytes.substr(0, 80));
  }
}

}  // namespace residual::data
