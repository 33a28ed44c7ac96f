// Fetches over the network; src/fetch/offline/obtain.cpp stands in its place in builds without RESIDUAL_FETCH.
#include <algorithm>
#include <system_error>

#include "core/error.h"
#include "core/log.h"
#include "core/system/cache_folder.h"
#include "fetch/fetch.h"

namespace residual::fetch {
namespace {

namespace fs = std::filesystem;

std::string by_hand(const Entry& entry, const fs::path& folder) {
  std::string text = "To do it by hand, download\n";
  std::error_code ignored;
  for (const PublishedFile& file : entry.files) {
    if (!fs::exists(path_of(entry, file, folder), ignored)) text += "  " + file.url + "\n";
  }
  return text + "and put it into the folder\n  " + (folder / folder_of(entry)).string();
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
  return mirror + (mirror.ends_with('/') ? "" : "/") + folder_of(entry) + "/" + file.name;
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

}  // namespace

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
