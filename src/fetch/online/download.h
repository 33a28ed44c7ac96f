// Downloads one published file to its place.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "fetch/catalogue.h"
#include "fetch/online/transfer.h"

namespace residual::fetch {

/// How far a file has come.
struct Progress {
  const PublishedFile& file;
  int64_t done = 0;
  int64_t all = 0;  ///< as the server says, until then as published
};
/// Called several times a second while a file arrives; false stops.
using Observer = std::function<bool(const Progress&)>;

struct Download {
  PublishedFile file;
  std::filesystem::path path;  ///< in a folder that is there
  bool plain_http = false;     ///< http is allowed beside https, for addresses that somebody chose himself
  Timeouts timeouts;
};

/// Brings `file.url` to `path`, which appears as a whole and only with the published size and SHA-256. Until then "path.part"
/// holds what has arrived; a later call goes on from there, as this one does when the connection breaks. Of processes that want
/// the same file one downloads it, the others wait. Redirects are followed a few steps, within the publisher's domain, never from
/// https to http. Throws Error: kOther for a network or server that fails, kBadFile for bytes that are not what was published,
/// kResource for a full disk, kInterrupted when the observer stops it.
void download(const Download& wanted, const Observer& observer);

/// Whether the file at `path` has the published size and SHA-256: an empty text, or what is wrong with it.
std::string fault_of(const PublishedFile& file, const std::filesystem::path& path);

}  // namespace residual::fetch
