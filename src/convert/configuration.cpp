#include "convert/configuration.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "data/recipes.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// A name of the model table; timm adds behind a dot how the weights were trained: "resnet50.a1_in1k".
std::optional<models::Architecture> named(const std::string& name) {
  try {
    const models::ModelEntry entry = models::find_model(name.substr(0, name.find('.')));
    models::Architecture architecture;
    architecture.model = entry.name;
    architecture.input = entry.input;
    architecture.classes = entry.classes;
    return architecture;
  } catch (const Error&) {
    return std::nullopt;  // the tensors decide
  }
}

std::vector<std::string> labels_of(const nlohmann::json& config) {
  std::vector<std::string> labels;
  if (const auto names = config.find("label_names"); names != config.end() && names->is_array()) {
    for (const nlohmann::json& name : *names) labels.push_back(name.is_string() ? name.get<std::string>() : name.dump());
    return labels;
  }
  const auto names = config.find("id2label");
  if (names == config.end() || !names->is_object()) return labels;
  for (size_t i = 0; i < names->size(); ++i) {
    const auto name = names->find(std::to_string(i));
    if (name == names->end() || !name->is_string()) return {};
    labels.push_back(name->get<std::string>());
  }
  return labels;
}

}  // namespace

Configuration read_configuration(const Weights& weights) {
  Configuration result;
  if (const auto arch = weights.notes.find("arch"); arch != weights.notes.end()) result.architecture = named(arch->second);
  if (weights.config_text.empty()) return result;
  const std::string what = "'" + weights.config.string() + "'";
  const nlohmann::json config = parse_json(weights.config_text, what);
  if (!config.is_object()) fail(ErrorKind::kBadFile, "{} holds no JSON object", what);
  if (const auto name = config.find("architecture"); name != config.end() && name->is_string()) {
    result.architecture = named(name->get<std::string>());
  }
  if (config.contains("pretrained_cfg")) {
    result.preprocessing = data::recipe_from_timm(weights.config_text, weights.config.string());
  }
  result.labels = labels_of(config);
  return result;
}

}  // namespace residual::convert
