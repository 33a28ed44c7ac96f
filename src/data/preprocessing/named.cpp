// Preprocessing by a preset's name or from a file of any kind.
#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/system/file.h"
#include "data/preprocessing/config_fields.h"
#include "data/preprocessing/presets.h"

namespace residual::data {
namespace {

// None where there is no such file.
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

// Keys of Hugging Face's configurations that timm's do not have; timm's wrapper for transformers has those and pretrained_cfg.
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
