#include "fetch/fetch.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/cache_folder.h"
#include "core/error.h"
#include "core/log.h"

namespace residual::fetch {
namespace {

namespace fs = std::filesystem;

// "weights" or "data/NAME": below the cache folder, and below a mirror's address.
std::string shelf_of(const Entry& entry) {
  return entry.kind == Kind::kWeights ? "weights" : "data/" + entry.name;
}

// Names become parts of paths: they may not lead out of the folder or hide in it.
void check_name(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '-' || letter == '_' || letter == '.';
  });
  if (!plain || name.empty() || name.size() > 128 || name.front() == '.') {
    fail(ErrorKind::kUsage, "'{}' is no name for a fetched file: letters, digits, '-', '_' and '.' make one, 128 at most", name);
  }
}

void check_names(const Entry& entry) {
  check_name(entry.name);
  for (const PublishedFile& file : entry.files) check_name(file.name);
}

fs::path path_of(const Entry& entry, const PublishedFile& file, const fs::path& folder) {
  return folder / shelf_of(entry) / file.name;
}

std::string by_hand(const Entry& entry, const fs::path& folder) {
  std::string text = "To do it by hand, download\n";
  std::error_code ignored;
  for (const PublishedFile& file : entry.files) {
    if (!fs::exists(path_of(entry, file, folder), ignored)) text += "  " + file.url + "\n";
  }
  return text + "and put it into the folder\n  " + (folder / shelf_of(entry)).string();
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail(ErrorKind::kResource, "cannot make the folder '{}': {}; RESIDUAL_CACHE_DIR can name another place", folder.string(),
         error.message());
  }
}

std::string address_of(const Entry& entry, const PublishedFile& file, const std::string& mirror) {
  if (mirror.empty()) return file.url;
  const auto origin = origin_of(mirror);
  if (!origin || (origin->scheme != "http" && origin->scheme != "https"))
    fail(ErrorKind::kUsage, "the mirror's address is '{}', expected one that begins with http:// or https://", mirror);
  return mirror + (mirror.ends_with('/') ? "" : "/") + shelf_of(entry) + "/" + file.name;
}

void bring(const Entry& entry, const PublishedFile& file, const fs::path& folder, const Options& options) {
  const fs::path path = path_of(entry, file, folder);
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    const std::string fault = fault_of(file, path);
    if (fault.empty()) return;
    warn("'{}' is not what was published: {}; it is fetched again", path.string(), fault);
  }
  PublishedFile wanted = file;
  wanted.url = address_of(entry, file, options.mirror);
  const auto origin = origin_of(wanted.url);
  info("fetching {}", wanted.url);
  make_folder(path.parent_path());
  try {
    download({.file = wanted,
              .path = path,
              .plain_http = wanted.url != file.url && origin && origin->scheme == "http",
              .timeouts = options.timeouts},
             options.observer);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kOther && error.kind() != ErrorKind::kBadFile) throw;
    fail(error.kind(), "{}\n{}", error.what(), by_hand(entry, folder));
  }
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

fs::path place_of(const Entry& entry, const fs::path& folder) {
  check_names(entry);
  return entry.files.size() == 1 ? path_of(entry, entry.files.front(), folder) : folder / shelf_of(entry);
}

bool is_there(const Entry& entry, const fs::path& folder) noexcept {
  try {
    if (entry.files.empty()) return holds_anything(folder / shelf_of(entry));
    return std::ranges::all_of(entry.files, [&](const PublishedFile& file) {
      const auto size = static_cast<int64_t>(fs::file_size(path_of(entry, file, folder)));
      return size >= file.least_bytes && size <= file.most_bytes;
    });
  } catch (const std::exception&) {
    return false;
  }
}

fs::path obtain(const Entry& entry, const Options& options) {
  const fs::path folder = options.folder.empty() ? cache_folder() : options.folder;
  if (folder.empty()) {
    fail(ErrorKind::kResource,
         "there is no folder to keep {} in: none of RESIDUAL_CACHE_DIR, XDG_CACHE_HOME and HOME is set; set one", entry.name);
  }
  fs::path place = place_of(entry, folder);
  if (entry.files.empty() && !is_there(entry, folder))
    fail(ErrorKind::kBadFile, "{}\nand put what comes out of it into the folder\n  {}", entry.by_hand, place.string());
  for (const PublishedFile& file : entry.files) bring(entry, file, folder, options);
  return place;
}

}  // namespace residual::fetch
