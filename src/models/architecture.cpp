#include "models/architecture.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "core/json_text.h"
#include "core/limits.h"
#include "models/families.h"
#include "models/table.h"

namespace residual::models {
namespace {

int64_t whole_number(const nlohmann::json& json, std::string_view what, int64_t least, int64_t most) {
  const auto value = json.is_number_integer() ? json.get<int64_t>() : -1;
  if (value < least || value > most)
    fail(ErrorKind::kBadFile, "the architecture's {} is {}, expected {} to {}", what, printable(json.dump()), least, most);
  return value;
}

Shape input_from(const nlohmann::json& json) {
  if (!json.is_array() || json.size() != 3)
    fail(ErrorKind::kBadFile, "the architecture's input is {}, C, H, W are expected", printable(json.dump()));
  Shape input{0, 0, 0};
  for (size_t axis = 0; axis < 3; ++axis) input = input.with(axis, whole_number(json[axis], "input", 1, kMostSide));
  return input;
}

// What it is called, for people where the network is described or imported; at most as long as messages show.
std::string model_from(const nlohmann::json& json) {
  constexpr size_t kLongest = 200;
  const auto& name = json.get_ref<const std::string&>();
  if (name.empty() || printable(name, kLongest) != name)
    fail(ErrorKind::kBadFile, "the architecture's model is called '{}'", printable(name));
  return name;
}

// The choice of that name, read by `read` where there is one.
template <typename T, typename Read>
std::optional<T> choice(const nlohmann::json& json, const char* name, Read&& read) {
  return json.contains(name) ? std::optional<T>(read(json.at(name))) : std::nullopt;
}

std::optional<bool> flag(const nlohmann::json& json, const char* name) {
  return choice<bool>(json, name, [](const nlohmann::json& value) { return value.get<bool>(); });
}

void give_small_stem(Description& network) {
  const int64_t channels = network.stem.convolutions.back().channels;
  network.stem.convolutions = {{.channels = channels, .kernel = 3, .stride = 1}};
  network.stem.max_pool = false;
  network.names.stem.resize(1);
  network.names.stem_norms = {network.names.stem_norms.empty() ? "bn1" : network.names.stem_norms.back()};
}

void choose(Description& network, const Architecture& choices) {
  if (choices.shortcut && network.shortcut.kind == Shortcut::kNone && *choices.shortcut != Shortcut::kNone) {
    fail(ErrorKind::kUsage, "'{}' is a plain network and has no shortcuts; choose none, or use a residual network", network.name);
  }
  if (choices.stride_on_1x1 && network.block.kind != BlockKind::kBottleneck) {
    fail(ErrorKind::kUsage, "'{}' has no bottleneck blocks whose 1x1 could have the stride", network.name);
  }
  if (choices.shortcut_pool && network.shortcut.kind == Shortcut::kNone) {
    fail(ErrorKind::kUsage, "'{}' is a plain network and has no shortcuts that could pool", network.name);
  }
  network.shortcut.kind = choices.shortcut.value_or(network.shortcut.kind);
  network.shortcut.pool = choices.shortcut_pool.value_or(network.shortcut.pool);
  network.norm = choices.norm.value_or(network.norm);
  network.block.separable = choices.separable.value_or(network.block.separable);
  network.block.stride_on_1x1 = choices.stride_on_1x1.value_or(network.block.stride_on_1x1);
  if (choices.small_stem.value_or(false)) give_small_stem(network);
  network.stem.max_pool = choices.stem_pool.value_or(network.stem.max_pool);
  if (choices.output_stride) network.output_stride = choices.output_stride;
}

}  // namespace

std::string Architecture::to_json() const {
  nlohmann::ordered_json json{
      {"model", model}, {"input", std::vector<int64_t>(input.dims().begin(), input.dims().end())}, {"classes", classes}};
  if (shortcut) json["shortcut"] = name_of(*shortcut);
  if (shortcut_pool) json["shortcut_pool"] = name_of(*shortcut_pool);
  if (norm) json["norm"] = name_of(*norm);
  if (small_stem) json["small_stem"] = *small_stem;
  if (separable) json["separable"] = *separable;
  if (stride_on_1x1) json["stride_on_1x1"] = *stride_on_1x1;
  if (stem_pool) json["stem_pool"] = *stem_pool;
  if (output_stride) json["output_stride"] = *output_stride;
  if (description) json["description"] = nlohmann::ordered_json::parse(models::to_json(*description));
  if (!graph.empty()) json["graph"] = graph;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Architecture Architecture::from_json(std::string_view text) {
  const auto word = [](auto named) { return [named](const nlohmann::json& value) { return named(value.get<std::string>()); }; };
  try {
    const nlohmann::json json = parse_json(text, "the architecture");
    Architecture result;
    result.model = model_from(json.at("model"));
    result.input = input_from(json.at("input"));
    result.classes = whole_number(json.at("classes"), "number of classes", kLeastClasses, kMostClasses);
    result.shortcut = choice<Shortcut>(json, "shortcut", word(shortcut_named));
    const char* pool = json.contains("shrink") ? "shrink" : "shortcut_pool";  // files of 0.1.0 call it so
    result.shortcut_pool = choice<ShortcutPool>(json, pool, word(shortcut_pool_named));
    result.norm = choice<Norm>(json, "norm", word(norm_named));
    result.small_stem = flag(json, "small_stem");
    result.separable = flag(json, "separable");
    result.stride_on_1x1 = flag(json, "stride_on_1x1");
    result.stem_pool = flag(json, "stem_pool");
    result.output_stride = choice<int64_t>(
        json, "output_stride", [](const nlohmann::json& value) { return whole_number(value, "output stride", 1, kMostSide); });
    result.description = choice<Description>(json, "description", [](const nlohmann::json& value) {
      return description_from_json(value.dump(), "the architecture's description");
    });
    if (json.contains("graph")) result.graph = json.at("graph").get<std::string>();
    if (result.graph.empty() && !result.description) find_model(result.model);
    return result;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kBadFile, "the architecture in the model file cannot be read: {}", error.what());
  } catch (const Error& error) {
    throw Error(ErrorKind::kBadFile, error.what());
  }
}

std::optional<Description> described(const Architecture& architecture) {
  std::optional<Description> network =
      architecture.description ? architecture.description : residual_description(architecture.model);
  if (network) {
    choose(*network, architecture);
    return network;
  }
  const bool chosen = architecture.shortcut || architecture.shortcut_pool || architecture.norm || architecture.small_stem ||
                      architecture.separable || architecture.stride_on_1x1 || architecture.stem_pool ||
                      architecture.output_stride;
  if (chosen)
    fail(ErrorKind::kUsage, "'{}' is not a residual network: it has no shortcuts, blocks or stem to choose", architecture.model);
  return std::nullopt;
}

}  // namespace residual::models
