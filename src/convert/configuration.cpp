#include "convert/configuration.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_text.h"
#include "core/log.h"
#include "core/text.h"
#include "data/labels.h"
#include "data/preprocessing/presets.h"
#include "io/model_file.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// A name of the model table; timm adds behind a dot how the weights were trained: "resnet50.a1_in1k".
std::optional<models::Architecture> named(const std::string& name) {
  const std::string model = name.substr(0, name.find('.'));
  return models::is_model(model) ? std::optional(models::published(model)) : std::nullopt;
}

// Some programs say the name of their class alone, which tells no network from another.
bool is_family(const std::string& name) {
  constexpr std::array<std::string_view, 4> kFamilies{"resnet", "densenet", "vgg", "preactresnet"};
  return std::ranges::find(kFamilies, lower_case(name)) != kFamilies.end();
}

// The network of that name, which tells what no tensor shows: resnetblur50 has those of resnet50. `what` says so.
models::Architecture known(const std::string& name, const std::string& what) {
  if (const std::optional<models::Architecture> network = named(name)) return *network;
  fail(ErrorKind::kBadFile,
       "{} says that the network is '{}', which is not in the list; if it computes what one of them does, or what a description "
       "says, name that with --model",
       what, printable(name));
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

// The metadata of our own PyTorch files.
Configuration said_by_us(const Weights& weights, const std::filesystem::path& path, const Wanted& wanted) {
  Configuration result;
  const auto text = [&](std::string_view key) {
    const auto found = weights.ours.find(std::string(key));
    return found == weights.ours.end() ? std::string() : found->second;
  };
  try {
    if (const std::string said = text(io::kArchitectureKey); !said.empty())
      result.architecture = models::Architecture::from_json(said);
    if (const std::string said = text(io::kPreprocessingKey); wanted.preprocessing && !said.empty())
      result.preprocessing = data::Preprocessing::from_json(said);
    if (const std::string said = text(io::kLabelsKey); !said.empty()) result.labels = io::parse_labels(said, "the labels");
  } catch (const Error& error) {
    fail(ErrorKind::kBadFile, "'{}': {}", path.string(), error.what());
  }
  return result;
}

// timm's.
std::optional<models::Architecture> architecture_in(const nlohmann::json& config, const std::string& what) {
  const auto name = config.find("architecture");
  if (name == config.end() || !name->is_string()) return std::nullopt;
  return known(name->get<std::string>(), what);
}

// Choices of timm and of transformers that change what is computed and leave the tensors as they are.
void refuse_other_computing(const nlohmann::json& config, const std::string& what) {
  const auto expect = [&](const char* key, const nlohmann::json& supported) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null() || *found == supported) return;
    fail(ErrorKind::kBadFile, "{}: '{}' is {}, only {} is supported", what, key, printable(found->dump()), supported.dump());
  };
  expect("global_pool", "avg");
  expect("hidden_act", "relu");
  expect("downsample_in_first_stage", false);
  const auto more = config.find("model_args");
  if (more == config.end() || !more->is_object()) return;
  for (const auto& [key, value] : more->items()) {
    if (key != "num_classes" && key != "in_chans" && key != "drop_rate" && key != "drop_path_rate")
      fail(ErrorKind::kBadFile, "{}: the network has '{}' as {} in 'model_args', which is not supported", what, printable(key),
           printable(value.dump()));
  }
}

}  // namespace

Configuration read_configuration(const Weights& weights, const std::filesystem::path& path, const Wanted& wanted) {
  if (!weights.ours.empty()) return said_by_us(weights, path, wanted);
  Configuration result;
  const auto arch = weights.notes.find("arch");
  if (wanted.architecture && arch != weights.notes.end() && !is_family(arch->second))
    result.architecture = known(arch->second, "'" + path.string() + "'");
  if (weights.config_text.empty()) return result;
  const std::string what = "'" + weights.config.string() + "'";
  const nlohmann::json config = parse_json(weights.config_text, what);
  if (!config.is_object()) fail(ErrorKind::kBadFile, "{} holds no JSON object", what);
  refuse_other_computing(config, what);
  if (wanted.architecture) result.architecture = architecture_in(config, what);
  if (wanted.preprocessing && config.contains("pretrained_cfg")) {
    result.preprocessing = data::preprocessing_from_timm(weights.config_text, weights.config.string());
  }
  if (wanted.preprocessing && !weights.preprocessor_text.empty()) {
    const std::filesystem::path file = weights.config.parent_path() / kPreprocessorConfig;
    result.preprocessing = data::preprocessing_from_hugging_face(weights.preprocessor_text, file.string());
  }
  const auto downsample = config.find("downsample_in_bottleneck");
  result.stride_on_1x1 = downsample != config.end() && downsample->is_boolean() && downsample->get<bool>();
  result.labels = labels_of(config, weights.config);
  return result;
}

std::vector<std::string> labels_for(const models::Architecture& architecture, std::vector<std::string> labels,
                                    const std::filesystem::path& path) {
  if (labels.empty() || static_cast<int64_t>(labels.size()) == architecture.classes) return labels;
  warn("'{}' names {} classes, its network tells {} apart; they are called by their numbers", path.string(), labels.size(),
       architecture.classes);
  return {};
}

}  // namespace residual::convert
