#include "data/transforms/presets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/json_text.h"
#include "core/limits.h"
#include "data/transforms/config_fields.h"

namespace residual::data {
namespace {

// Of ImageNet's and CIFAR-10's training images, as torchvision and most who publish weights round them; MNIST's as in PyTorch's
// example.
const std::vector<float> kImageNetMean{0.485F, 0.456F, 0.406F}, kImageNetStd{0.229F, 0.224F, 0.225F};
const std::vector<float> kCifarMean{0.4914F, 0.4822F, 0.4465F}, kCifarStd{0.2470F, 0.2435F, 0.2616F};
const Shape kImageNetInput{3, 224, 224};
constexpr float kMnistMean = 0.1307F, kMnistStd = 0.3081F;

std::vector<Step> sized(int64_t channels, std::vector<Step> geometry, std::vector<float> mean, std::vector<float> std) {
  std::vector<Step> steps{DecodeStep{channels}};
  steps.insert(steps.end(), geometry.begin(), geometry.end());
  steps.emplace_back(DivideStep{255});
  if (!mean.empty()) steps.emplace_back(NormalizeStep{std::move(mean), std::move(std)});
  return steps;
}

std::vector<float> each(int64_t channels, float value) {
  return std::vector<float>(static_cast<size_t>(channels), value);
}

// The shorter side, then the middle: 256 and 224 in the original, in the same proportion for other inputs.
std::vector<Step> resize_and_crop(Size2 crop, int64_t shorter_of_224) {
  const int64_t longest = std::max(crop.height, crop.width);
  return {ResizeShorterStep{(longest * shorter_of_224 + 112) / 224, Filter::kBilinear, true}, CenterCropStep{crop}};
}

Size2 size_of(const Shape& input) {
  return {input[1], input[2]};
}

std::vector<Step> resized(const Shape& input, std::vector<float> mean, std::vector<float> std) {
  return sized(input[0], {ResizeStep{size_of(input), Filter::kBilinear, true}}, std::move(mean), std::move(std));
}

std::vector<Step> imagenet(const Shape& input) {
  return sized(input[0], resize_and_crop(size_of(input), 256), kImageNetMean, kImageNetStd);
}

std::vector<Step> imagenet_v2(const Shape& input) {
  return sized(input[0], resize_and_crop(size_of(input), 232), kImageNetMean, kImageNetStd);
}

std::vector<Step> imagenet_norm(const Shape& input) {
  return sized(input[0], {RequireSizeStep{size_of(input)}}, kImageNetMean, kImageNetStd);
}

std::vector<Step> cifar10(const Shape& input) {
  return resized(input, kCifarMean, kCifarStd);
}

std::vector<Step> mnist(const Shape& input) {
  return resized(input, each(input[0], kMnistMean), each(input[0], kMnistStd));
}

std::vector<Step> divide_255(const Shape& input) {
  return resized(input, {}, {});
}

std::vector<Step> normalize_then_resize(const Shape& input) {
  return {DecodeStep{input[0]}, DivideStep{255}, NormalizeStep{each(input[0], 0.5F), each(input[0], 0.5F)},
          ResizeStep{size_of(input), Filter::kBilinear, true}};
}

Shape timm_input(const ConfigFields& config) {
  if (!config.has("input_size")) return kImageNetInput;
  const nlohmann::json& list = config["input_size"];
  if (!list.is_array() || list.size() != 3 || !std::ranges::all_of(list, is_side))
    config.bad("'input_size' is no list of channels, height and width within 1 … {}", kMostSide);
  return Shape{list[0].get<int64_t>(), list[1].get<int64_t>(), list[2].get<int64_t>()};
}

const nlohmann::json& timm_fields(const nlohmann::json& json, std::string_view name) {
  if (json.is_object() && json.contains("pretrained_cfg") && json["pretrained_cfg"].is_object()) return json["pretrained_cfg"];
  if (json.is_object() && (json.contains("input_size") || json.contains("mean") || json.contains("crop_pct"))) return json;
  fail(ErrorKind::kBadFile,
       "'{}' is no configuration of timm: it has no 'pretrained_cfg' and no 'input_size', 'mean' or 'crop_pct'", name);
}

// Nothing where there is no such file.
std::optional<std::string> file_text(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  const std::vector<std::byte> bytes = read_file(file, kMostConfigBytes);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool is_list(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '[';
}

// Hugging Face's and timm's configurations have crop_pct in common, but not these; timm's wrapper for transformers has both.
bool is_image_processor(std::string_view text, const std::string& file) {
  if (is_list(text)) return false;
  const nlohmann::json json = parse_config(text, file);
  constexpr const char* kKeys[] = {"image_processor_type", "feature_extractor_type", "image_mean", "do_resize"};
  return json.is_object() && !json.contains("pretrained_cfg") &&
         std::ranges::any_of(kKeys, [&](const char* key) { return json.contains(key); });
}

Preprocessing steps_in(std::string_view text, const std::string& file) {
  try {
    return Preprocessing::from_json(text);
  } catch (const Error& error) {
    fail(error.kind(), "'{}': {}", file, error.what());
  }
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {"imagenet", "shorter side to 256, middle of 224, /255, ImageNet's mean and std (torchvision's first weights)",
       kImageNetInput, true, imagenet},
      {"imagenet-v2", "shorter side to 232, middle of 224, /255, ImageNet's mean and std (torchvision's second weights)",
       kImageNetInput, true, imagenet_v2},
      {"imagenet-norm", "images of the network's size only, /255, ImageNet's mean and std", {}, true, imagenet_norm},
      {"cifar10", "/255, CIFAR-10's mean and std", {}, true, cifar10},
      {"mnist", "/255, MNIST's mean and std", {}, false, mnist},
      {"divide-255", "/255 and nothing else", {}, false, divide_255},
      {"normalize-0.5-resize", "/255, less 0.5, by 0.5, then resized to 224 as float, antialiased", kImageNetInput, false,
       normalize_then_resize},
  };
  return all;
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& each : presets()) names.push_back(each.name);
  return names;
}

const Preset* find_preset(std::string_view name) {
  const auto found = std::ranges::find(presets(), name, &Preset::name);
  return found == presets().end() ? nullptr : &*found;
}

Preprocessing preset(std::string_view name, const std::optional<Shape>& input_chw) {
  const Preset* found = find_preset(name);
  if (found == nullptr) {
    fail(ErrorKind::kUsage, "no way of preparing images is called '{}'; known are {}", printable(name),
         fmt::join(preset_names(), ", "));
  }
  const std::optional<Shape>& input = input_chw ? input_chw : found->input;
  if (!input) fail(ErrorKind::kUsage, "the preset '{}' has no size of its own; say which input the network takes", name);
  if (input->rank() != 3) fail(ErrorKind::kUsage, "preprocessing: the input {} is not of the form CxHxW", to_string(*input));
  if (found->colour && (*input)[0] != 3) {
    fail(ErrorKind::kUsage, "the preset '{}' normalises three colours, the network's input {} has {} channels", name,
         to_string(*input), (*input)[0]);
  }
  return Preprocessing(found->steps(*input));
}

Preprocessing divided_by_255(const Shape& input_chw) {
  return preset("divide-255", input_chw);
}

Preprocessing preprocessing_from_timm(std::string_view json, std::string_view name, const std::optional<Shape>& input_chw) {
  const nlohmann::json parsed = parse_config(json, name);
  const ConfigFields config(timm_fields(parsed, name), name);
  const Shape input = input_chw.value_or(timm_input(config));
  const Size2 size{input[1], input[2]};
  const double crop = config.number("crop_pct", 0.875, 0.1, 1);
  const auto scaled = [&](int64_t side) { return static_cast<int64_t>(static_cast<double>(side) / crop); };
  const std::string mode = config.text("crop_mode", "center"), interpolation = config.text("interpolation", "bicubic");
  try {
    // timm draws at random in training only; evaluation takes bilinear.
    const Filter filter = interpolation == "random" ? Filter::kBilinear : filter_named(printable(interpolation));
    std::vector<Step> geometry{CenterCropStep{size}};
    if (mode == "squash") {
      geometry.insert(geometry.begin(), ResizeStep{{scaled(size.height), scaled(size.width)}, filter, true});
    } else if (mode == "center" && size.height == size.width) {
      geometry.insert(geometry.begin(), ResizeShorterStep{scaled(size.height), filter, true});
    } else {
      config.bad("crop mode '{}' for an input of {} x {} is not supported; 'center' for square inputs and 'squash' are",
                 printable(mode), size.height, size.width);
    }
    return Preprocessing(
        sized(input[0], std::move(geometry), config.colours("mean", kImageNetMean), config.colours("std", kImageNetStd)));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    config.bad("{}", error.what());
  }
}

std::optional<Shape> preprocessing_input(const std::string& name_or_file) {
  if (const Preset* found = find_preset(name_or_file)) return found->input;
  const std::optional<std::string> text = file_text(name_or_file);
  if (text && is_image_processor(*text, name_or_file)) return hugging_face_input(*text, name_or_file);
  return preprocessing_named(name_or_file).output_shape();
}

Preprocessing preprocessing_named(const std::string& name_or_file, const std::optional<Shape>& input_chw) {
  const std::optional<std::string> text = find_preset(name_or_file) == nullptr ? file_text(name_or_file) : std::nullopt;
  if (!text) return preset(name_or_file, input_chw);
  if (is_image_processor(*text, name_or_file)) return preprocessing_from_hugging_face(*text, name_or_file, input_chw);
  if (!is_list(*text)) return preprocessing_from_timm(*text, name_or_file, input_chw);
  Preprocessing steps = steps_in(*text, name_or_file);
  if (input_chw && steps.output_shape() != *input_chw) {
    fail(ErrorKind::kUsage, "the steps in '{}' make {}, the network takes {}", name_or_file, to_string(steps.output_shape()),
         to_string(*input_chw));
  }
  return steps;
}

}  // namespace residual::data
