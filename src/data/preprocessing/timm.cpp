// timm's `config.json`: its evaluation transform as a list of ours.
#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "data/preprocessing/config_fields.h"
#include "data/preprocessing/presets.h"
#include "data/preprocessing/published.h"

namespace residual::data {
namespace {

Shape timm_input(const ConfigFields& config) {
  if (!config.has("input_size")) return kImageNetInput;
  const nlohmann::json& list = config["input_size"];
  if (!list.is_array() || list.size() != 3 || !std::ranges::all_of(list, is_side))
    config.bad("'input_size' is not a list of channels, height and width within 1 … {}", kMostSide);
  return Shape{list[0].get<int64_t>(), list[1].get<int64_t>(), list[2].get<int64_t>()};
}

const nlohmann::json& timm_fields(const nlohmann::json& json, std::string_view name) {
  if (json.is_object() && json.contains("pretrained_cfg") && json["pretrained_cfg"].is_object()) return json["pretrained_cfg"];
  if (json.is_object() && (json.contains("input_size") || json.contains("mean") || json.contains("crop_pct"))) return json;
  fail(ErrorKind::kBadFile,
       "'{}' is not a configuration of timm: it has no 'pretrained_cfg' and no 'input_size', 'mean' or 'crop_pct'", name);
}

}  // namespace

Preprocessing preprocessing_from_timm(std::string_view json, std::string_view name, const std::optional<Shape>& input_chw) {
  const nlohmann::json parsed = parse_config(json, name);
  const ConfigFields config(timm_fields(parsed, name), name);
  const Shape input = input_chw.value_or(timm_input(config));
  const Size2 size{input[1], input[2]};
  const double crop = config.number("crop_pct", 0.875, 0.1, 1);
  const auto scaled = [&](int64_t side) { return static_cast<int64_t>(static_cast<double>(side) / crop); };
  const std::string mode = config.text("crop_mode", "center"), interpolation = config.text("interpolation", "bicubic");
  try {
    // timm's "random" applies to training; evaluation takes bilinear.
    const Filter filter = interpolation == "random" ? Filter::kBilinear : filter_named(printable(interpolation));
    std::vector<Transform> sizing{CenterCrop{size}};
    if (mode == "squash") {
      sizing.insert(sizing.begin(), Resize{{scaled(size.height), scaled(size.width)}, filter, true});
    } else if (mode == "center" && size.height == size.width) {
      sizing.insert(sizing.begin(), ResizeShorter{scaled(size.height), filter, true});
    } else {
      config.bad("crop mode '{}' for an input of {} x {} is not supported; 'center' for square inputs and 'squash' are",
                 printable(mode), size.height, size.width);
    }
    return Preprocessing(
        normalized(input[0], std::move(sizing), config.colours("mean", kImageNetMean), config.colours("std", kImageNetStd)));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    config.bad("{}", error.what());
  }
}

}  // namespace residual::data
