#include "io/format_version.h"

#include <charconv>
#include <string>

#include "core/json_text.h"

namespace residual::io {
namespace {

constexpr unsigned kMajor = 1;

[[noreturn]] void not_ours(const Metadata& metadata, std::string_view key, std::string_view name) {
  if (key == kModelKey && metadata.contains(std::string(kCheckpointKey))) {
    fail(ErrorKind::kBadFile, "'{}' is a training checkpoint, expected a model such as best.safetensors", name);
  }
  if (key == kCheckpointKey && metadata.contains(std::string(kModelKey))) {
    fail(ErrorKind::kBadFile, "'{}' is a model, expected a training checkpoint such as checkpoint.safetensors", name);
  }
  fail(ErrorKind::kBadFile, "'{}' is a safetensors file, but its metadata lacks '{}': it was not written by residual", name, key);
}

}  // namespace

void take_format_version(Metadata& metadata, std::string_view key, std::string_view name) {
  const auto found = metadata.find(std::string(key));
  if (found == metadata.end()) not_ours(metadata, key, name);
  const std::string version = found->second;
  const char* const last = version.data() + version.size();
  unsigned major = 0, minor = 0;
  const auto [dot, error] = std::from_chars(version.data(), last, major);
  const bool has_minor = error == std::errc{} && dot != last && *dot == '.';
  const auto [end, minor_error] = std::from_chars(has_minor ? dot + 1 : last, last, minor);
  if (!has_minor || minor_error != std::errc{} || end != last || major == 0) {
    fail(ErrorKind::kBadFile, "'{}': '{}' is '{}', expected a version such as {}", name, key, printable(version), kFormatVersion);
  }
  if (major > kMajor) {
    fail(ErrorKind::kBadFile,
         "'{}' has format {} and needs a residual that reads format {}; this one reads format {}: please update it", name,
         version, major, kMajor);
  }
  metadata.erase(found);
}

std::string take_text(Metadata& metadata, std::string_view key, std::string_view name) {
  auto node = metadata.extract(std::string(key));
  if (node.empty()) fail(ErrorKind::kBadFile, "'{}' is incomplete: its metadata lacks '{}'", name, key);
  return std::move(node.mapped());
}

}  // namespace residual::io
