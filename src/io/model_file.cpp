#include "io/model_file.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/json_text.h"
#include "core/tensor/floating.h"
#include "io/checksum.h"
#include "io/format_version.h"

namespace residual::io {
namespace {

ModelFile model_from(SafetensorsFile file, const std::string& name) {
  Metadata metadata = file.metadata;               // the checksum covers all of the file's
  take_format_version(metadata, kModelKey, name);  // first: a newer one may have another checksum
  verify_checksum(file, name);
  metadata.erase(std::string(kChecksumKey));

  ModelFile model;
  const auto text = [&](std::string_view key) { return fmt::format("'{}': '{}'", name, key); };
  model.architecture = take_text(metadata, kArchitectureKey, name);
  parse_json(model.architecture, text(kArchitectureKey));
  model.preprocessing = take_text(metadata, kPreprocessingKey, name);
  parse_json(model.preprocessing, text(kPreprocessingKey));
  model.labels = parse_labels(take_text(metadata, kLabelsKey, name), text(kLabelsKey));
  model.preprocessing_known = metadata.erase(std::string(kUnpreparedKey)) == 0;
  for (const auto& [tensor_name, tensor] : file.tensors) {
    if (all_finite(tensor)) continue;
    fail(ErrorKind::kBadFile,
         "'{}': the weights '{}' hold values that are infinite or no number; the training that made it diverged", name,
         printable(tensor_name));
  }
  model.extra = std::move(metadata);
  model.tensors = std::move(file.tensors);
  return model;
}

}  // namespace

std::vector<std::string> parse_labels(std::string_view text, const std::string& what) {
  const nlohmann::json list = parse_json(text, what);
  const std::string problem = what + ": expected a JSON list of texts";
  if (!list.is_array()) fail(ErrorKind::kBadFile, "{}", problem);
  std::vector<std::string> labels;
  for (const nlohmann::json& label : list) {
    if (!label.is_string()) fail(ErrorKind::kBadFile, "{}", problem);
    labels.push_back(label.get<std::string>());
  }
  return labels;
}

std::string labels_text(const std::vector<std::string>& labels) {
  // Labels may be folder names, and folder names need not be UTF-8: what is not becomes the replacement character.
  return nlohmann::json(labels).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void serialize_model(const ModelFile& model, const TensorViews& tensors, const ByteSink& sink) {
  for (const auto& [name, tensor] : tensors) {
    if (all_finite(*tensor)) continue;
    fail(ErrorKind::kNumeric,
         "the weights '{}' hold values that are infinite or no number: the model is not saved; try a lower learning rate",
         printable(name));
  }
  parse_json(model.architecture, "the model's architecture", ErrorKind::kUsage);
  parse_json(model.preprocessing, "the model's preprocessing", ErrorKind::kUsage);
  Metadata metadata = model.extra;
  metadata[std::string(kModelKey)] = kFormatVersion;
  metadata[std::string(kArchitectureKey)] = model.architecture;
  metadata[std::string(kPreprocessingKey)] = model.preprocessing;
  metadata[std::string(kLabelsKey)] = labels_text(model.labels);
  if (!model.preprocessing_known) metadata[std::string(kUnpreparedKey)] = "true";
  metadata.erase(std::string(kCheckpointKey));
  metadata[std::string(kChecksumKey)] = checksum_of(tensors, metadata);
  serialize_safetensors(tensors, metadata, sink);
}

void save_model(const std::filesystem::path& path, const ModelFile& model, const TensorViews& tensors) {
  replace_file(path, [&](const ByteSink& sink) { serialize_model(model, tensors, sink); });
}

void save_model(const std::filesystem::path& path, const ModelFile& model) {
  save_model(path, model, views_of(model.tensors));
}

ModelFile load_model(const std::filesystem::path& path) {
  return model_from(read_safetensors(path), path.string());
}

ModelFile parse_model(std::span<const std::byte> bytes, std::string_view name) {
  return model_from(parse_safetensors(bytes, name), std::string(name));
}

}  // namespace residual::io
