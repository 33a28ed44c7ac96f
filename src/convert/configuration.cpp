#include "convert/configuration.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "core/log.h"
#include "data/labels.h"
#include "data/recipes.h"
#include "io/model_file.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// A name of the model table; timm adds behind a dot how the weights were trained: "resnet50.a1_in1k".
std::optional<models::Architecture> named(const std::string& name) {
  const std::string model = name.substr(0, name.find('.'));
  return models::is_model(model) ? std::optional(models::published(model)) : std::nullopt;
}

// Weights are of use without the names of their classes too.
std::vector<std::string> labels_of(const nlohmann::json& config, const std::filesystem::path& path) {
  try {
    return data::config_labels(config, path.string());
  } catch (const Error& error) {
    warn("{}; classes are called by their numbers", error.what());
    return {};
  }
}

// What our own PyTorch files say beside their tensors.
Configuration said_by_us(const Weights& weights, const std::filesystem::path& path, bool with_preprocessing) {
  Configuration result;
  const auto text = [&](std::string_view key) {
    const auto found = weights.ours.find(std::string(key));
    return found == weights.ours.end() ? std::string() : found->second;
  };
  try {
    if (const std::string said = text(io::kArchitectureKey); !said.empty())
      result.architecture = models::Architecture::from_json(said);
    if (const std::string said = text(io::kPreprocessingKey); with_preprocessing && !said.empty())
      result.preprocessing = data::Preprocessing::from_json(said);
    if (const std::string said = text(io::kLabelsKey); !said.empty()) result.labels = io::parse_labels(said, "the labels");
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "'{}': {}", path.string(), error.what());
  }
  return result;
}

}  // namespace

Configuration read_configuration(const Weights& weights, const std::filesystem::path& path, bool with_preprocessing) {
  if (!weights.ours.empty()) return said_by_us(weights, path, with_preprocessing);
  Configuration result;
  if (const auto arch = weights.notes.find("arch"); arch != weights.notes.end()) result.architecture = named(arch->second);
  if (weights.config_text.empty()) return result;
  const std::string what = "'" + weights.config.string() + "'";
  const nlohmann::json config = parse_json(weights.config_text, what);
  if (!config.is_object()) fail(ErrorKind::kBadFile, "{} holds no JSON object", what);
  if (const auto name = config.find("architecture"); name != config.end() && name->is_string()) {
    result.architecture = named(name->get<std::string>());
  }
  if (with_preprocessing && config.contains("pretrained_cfg")) {
    result.preprocessing = data::recipe_from_timm(weights.config_text, weights.config.string());
  }
  if (with_preprocessing && !weights.preprocessor_text.empty()) {
    const std::filesystem::path file = weights.config.parent_path() / kPreprocessorConfig;
    result.preprocessing = data::recipe_from_hugging_face(weights.preprocessor_text, file.string());
  }
  const auto downsample = config.find("downsample_in_bottleneck");
  result.stride_on_1x1 = downsample != config.end() && downsample->is_boolean() && downsample->get<bool>();
  result.labels = labels_of(config, weights.config);
  return result;
}

}  // namespace residual::convert
