// Published preprocessing: by a preset's name, or from the configuration file that came with weights.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/shape.h"
#include "data/preprocessing/preprocessing.h"

namespace residual::data {

struct Preset {
  std::string name;
  std::string description;     ///< one line
  std::optional<Shape> input;  ///< C,H,W that it was published for; none: the network's
  bool colour = false;         ///< normalises three channels; other numbers are refused
  std::vector<Transform> (*transforms)(const Shape& input_chw) = nullptr;
};

/// imagenet, imagenet-v2, imagenet-norm, cifar10, mnist, divide-255, normalize-0.5-resize.
const std::vector<Preset>& presets();
std::vector<std::string> preset_names();

/// Null for any other name.
const Preset* find_preset(std::string_view name);

/// The preset for a network's input, C,H,W; without one for the preset's own. Throws Error (kUsage) for an unknown name, for an
/// input with other channels than the preset normalises, and when neither gives a size.
Preprocessing preset(std::string_view name, const std::optional<Shape>& input_chw = std::nullopt);

/// The preset "divide-255": the guess for a network whose preprocessing is not known.
Preprocessing divided_by_255(const Shape& input_chw);

/// A configuration file of more bytes is refused; class names make them long.
inline constexpr size_t kMostConfigBytes = size_t{16} << 20;

/// timm's evaluation transform for its `config.json` (Hugging Face's form with `pretrained_cfg`, or that object alone):
/// input_size, crop_pct, crop_mode, interpolation, mean and std, each with timm's default. `input_chw` replaces input_size.
/// Throws Error (kBadFile), naming `name`, for anything else and for settings that are not supported.
Preprocessing preprocessing_from_timm(std::string_view json, std::string_view name,
                                      const std::optional<Shape>& input_chw = std::nullopt);

/// The image processor of Hugging Face's transformers for its `preprocessor_config.json`: do_resize, size, crop_pct, resample,
/// do_center_crop, crop_size, do_rescale, do_normalize, image_mean and image_std, as ConvNextImageProcessor (which their ResNets
/// use), Bit, CLIP, ViT, DeiT and MobileNet's read them. `input_chw` replaces the size, in the same proportions. Throws Error
/// (kBadFile), naming `name`, for anything else and for settings that are not supported.
Preprocessing preprocessing_from_hugging_face(std::string_view json, std::string_view name,
                                              const std::optional<Shape>& input_chw = std::nullopt);

/// The input, C,H,W, that such a processor makes of any image; none where it does not change an image's size.
std::optional<Shape> hugging_face_input(std::string_view json, std::string_view name);

/// From a preset's name or a file's path: timm's config.json, Hugging Face's preprocessor_config.json, or a list of steps as
/// Preprocessing::from_json reads it. Throws Error as above, (kUsage) where a file's steps lead to another size than `input_chw`.
Preprocessing preprocessing_named(const std::string& name_or_file, const std::optional<Shape>& input_chw = std::nullopt);

/// The input, C,H,W, that preprocessing_named prepares images for when it is not given one; none where it needs one.
std::optional<Shape> preprocessing_input(const std::string& name_or_file);

}  // namespace residual::data
