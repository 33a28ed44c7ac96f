#include "fetch/fetch.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/error.h"
#include "core/system/cache_folder.h"

namespace residual::fetch {
namespace {

namespace fs = std::filesystem;

// Names become parts of paths: they may not lead out of the folder or hide in it.
void check_name(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '_' || letter == '.';
  });
  if (!plain || name.empty() || name.size() > 128 || name.front() == '.') {
    fail(ErrorKind::kUsage, "'{}' is not a name for a fetched file: it takes letters, digits, '-', '_' and '.', 128 at most",
         name);
  }
}

void check_names(const Entry& entry) {
  check_name(entry.name);
  for (const PublishedFile& file : entry.files) check_name(file.name);
}

bool holds_anything(const fs::path& folder) {
  std::error_code error;
  return fs::directory_iterator(folder, error) != fs::directory_iterator();
}

}  // namespace

Options Options::of_environment() {
  const char* mirror = std::getenv("RESIDUAL_FETCH_MIRROR");
  return {.folder = cache_folder(), .mirror = mirror != nullptr ? mirror : "", .observer = {}, .timeouts = {}};
}

std::string folder_of(const Entry& entry) {
  return entry.kind == Kind::kWeights ? "weights" : "data/" + entry.name;
}

fs::path path_of(const Entry& entry, const PublishedFile& file, const fs::path& folder) {
  return folder / folder_of(entry) / file.name;
}

fs::path place_of(const Entry& entry, const fs::path& folder) {
  check_names(entry);
  return entry.files.size() == 1 ? path_of(entry, entry.files.front(), folder) : folder / folder_of(entry);
}

bool is_there(const Entry& entry, const fs::path& folder) noexcept {
  try {
    if (entry.files.empty()) return holds_anything(folder / folder_of(entry));
    return std::ranges::all_of(entry.files, [&](const PublishedFile& file) {
      const auto size = static_cast<int64_t>(fs::file_size(path_of(entry, file, folder)));
      return size >= file.least_bytes && size <= file.most_bytes;
    });
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace residual::fetch
