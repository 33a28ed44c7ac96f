#include "io/checkpoint.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/json_text.h"
#include "core/text.h"
#include "io/checksum.h"
#include "io/format_version.h"

namespace residual::io {
namespace {

constexpr std::string_view kIdentity = "residual.identity";
constexpr std::string_view kProgress = "residual.progress";
constexpr std::string_view kChoices = "residual.choices";

constexpr size_t kMostIdentityBytes = size_t{4} << 20;  // names of 100,000 classes, or a graph of 20,000 nodes
constexpr size_t kLongestSetting = 128;                 // bytes of "options.lr"

nlohmann::json parse_identity(std::string_view text, const std::string& what, ErrorKind kind = ErrorKind::kBadFile) {
  if (text.size() > kMostIdentityBytes)
    fail(kind, "{} has {} bytes, at most {} are expected", what, text.size(), kMostIdentityBytes);
  return parse_json(text, what, kind);
}

Checkpoint checkpoint_from(SafetensorsFile file, const std::string& name) {
  Metadata metadata = file.metadata;
  take_format_version(metadata, kCheckpointKey, name);
  verify_checksum(file, name);
  Checkpoint checkpoint;
  const auto take = [&](std::string_view key, const auto& parse) {
    std::string text = take_text(metadata, key, name);
    parse(text, fmt::format("'{}': '{}'", name, key), ErrorKind::kBadFile);
    return text;
  };
  checkpoint.identity = take(kIdentity, parse_identity);
  checkpoint.progress = take(kProgress, parse_json);
  checkpoint.choices = take(kChoices, parse_json);
  checkpoint.state = std::move(file.tensors);
  return checkpoint;
}

using Settings = std::map<std::string, std::string>;

// Objects become dotted keys, which every setting in them repeats; everything else is one value. The depth is bounded by
// parse_json.
void flatten(const std::string& prefix, const nlohmann::json& value, Settings& settings) {
  if (prefix.size() > kLongestSetting) {
    fail(ErrorKind::kBadFile, "a run's identity has a setting '{}' of {} bytes, at most {} are expected", printable(prefix),
         prefix.size(), kLongestSetting);
  }
  if (!value.is_object() || value.empty()) {
    settings[prefix] = value.dump();
    return;
  }
  for (const auto& [key, inner] : value.items()) flatten(prefix.empty() ? key : prefix + "." + key, inner, settings);
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint, const TensorViews& state) {
  parse_identity(checkpoint.identity, "the checkpoint's identity", ErrorKind::kUsage);
  parse_json(checkpoint.progress, "the checkpoint's progress", ErrorKind::kUsage);
  parse_json(checkpoint.choices, "the checkpoint's choices", ErrorKind::kUsage);
  Metadata metadata{{std::string(kCheckpointKey), std::string(kFormatVersion)},
                    {std::string(kIdentity), checkpoint.identity},
                    {std::string(kProgress), checkpoint.progress},
                    {std::string(kChoices), checkpoint.choices}};
  metadata[std::string(kChecksumKey)] = checksum_of(state, metadata);
  write_safetensors(path, state, metadata);
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  save_checkpoint(path, checkpoint, views_of(checkpoint.state));
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  // Read, not mapped: training changes all of it.
  return checkpoint_from(read_safetensors(file_source(path)), path.string());
}

Checkpoint parse_checkpoint(std::span<const std::byte> bytes, std::string_view name) {
  return checkpoint_from(parse_safetensors(bytes, name), std::string(name));
}

std::vector<IdentityDifference> identity_differences(std::string_view saved, std::string_view now) {
  Settings before, after;
  flatten("", parse_identity(saved, "the checkpoint's identity"), before);
  flatten("", parse_identity(now, "this run's identity"), after);
  std::vector<IdentityDifference> differences;
  for (const auto& [key, value] : before) {
    const auto found = after.find(key);
    if (found == after.end()) {
      differences.push_back({key, value, ""});
    } else if (found->second != value) {
      differences.push_back({key, value, found->second});
    }
  }
  for (const auto& [key, value] : after) {
    if (!before.contains(key)) differences.push_back({key, "", value});
  }
  std::sort(differences.begin(), differences.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return differences;
}

std::string side_by_side(const std::vector<IdentityDifference>& differences) {
  const auto cell = [](const std::string& value) { return value.empty() ? std::string("-") : printable(value); };
  std::vector<std::vector<std::string>> rows{{"setting", "in the checkpoint", "in this run"}};
  for (const IdentityDifference& difference : differences) {
    rows.push_back({printable(difference.key), cell(difference.saved), cell(difference.now)});
  }
  return table_text(rows);
}

}  // namespace residual::io
