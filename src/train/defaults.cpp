#include "train/defaults.h"

#include <algorithm>

#include "data/files/archive.h"
#include "train/hyperparameter.h"

namespace residual::train {

int64_t default_warmup(int64_t training_images, int64_t batch_size, int64_t epochs) {
  const int64_t steps =
      std::max<int64_t>(training_images / std::max<int64_t>(batch_size, 1), 1) * std::clamp<int64_t>(epochs, 1, 4000);
  return std::min<int64_t>(400, steps / 10);
}

std::vector<Named<AugmentationPreset>> named_values(AugmentationPreset) {
  return {{"auto", AugmentationPreset::kAuto},
          {"none", AugmentationPreset::kNone},
          {"crop", AugmentationPreset::kCrop},
          {"flip", AugmentationPreset::kFlip},
          {"crop+flip", AugmentationPreset::kCropAndFlip},
          {"flip+crop", AugmentationPreset::kCropAndFlip}};
}

std::string data_name(const std::filesystem::path& path) {
  std::filesystem::path data = path.lexically_normal();
  if (!data.has_filename()) data = data.parent_path();
  std::string name = data.filename().string();
  if (data::has_archive_name(data)) name = name.substr(0, name.find('.'));
  return name.empty() || name == "." || name == ".." ? "data" : name;
}

data::Augmentation augmentation_of(AugmentationPreset preset, data::Format format, const Shape& input_chw) {
  const bool digits = format == data::Format::kIdx;
  const int64_t padding = std::min<int64_t>(digits ? 2 : 4, std::min(input_chw[1], input_chw[2]) - 1);
  switch (preset) {
    case AugmentationPreset::kAuto: return {.crop_padding = padding, .flip = !digits};
    case AugmentationPreset::kNone: return {};
    case AugmentationPreset::kCrop: return {.crop_padding = padding};
    case AugmentationPreset::kFlip: return {.flip = true};
    case AugmentationPreset::kCropAndFlip: return {.crop_padding = padding, .flip = true};
  }
  return {};
}

Shape default_input(const Shape& published, const Shape& image_chw) {
  constexpr int64_t kSmall = 64;
  if (image_chw[1] <= kSmall && image_chw[2] <= kSmall) return image_chw;
  return Shape{image_chw[0], published[1], published[2]};
}

}  // namespace residual::train
