#include "train/defaults.h"

#include <algorithm>

namespace residual::train {

int64_t default_warmup(int64_t training_images, int64_t batch_size, int64_t epochs) {
  const int64_t steps =
      std::max<int64_t>(training_images / std::max<int64_t>(batch_size, 1), 1) * std::clamp<int64_t>(epochs, 1, 4000);
  return std::min<int64_t>(400, steps / 10);
}

data::Augmentation augmentation_named(std::string_view text, data::Format format, const Shape& input_chw) {
  const int64_t limit = std::min(input_chw[1], input_chw[2]) - 1;
  const int64_t padding = std::min<int64_t>(format == data::Format::kIdx ? 2 : 4, limit);
  if (text == "auto") return {.crop_padding = padding, .flip = format != data::Format::kIdx};
  if (text == "none") return {};
  if (text == "crop") return {.crop_padding = padding};
  if (text == "flip") return {.flip = true};
  if (text == "crop+flip" || text == "flip+crop") return {.crop_padding = padding, .flip = true};
  fail(ErrorKind::kUsage, "no augmentation is called '{}'; known are auto, none, crop, flip, crop+flip", text);
}

Shape default_input(const Shape& published, const Shape& image_chw) {
  constexpr int64_t kSmall = 64;
  if (image_chw[1] <= kSmall && image_chw[2] <= kSmall) return image_chw;
  return Shape{image_chw[0], published[1], published[2]};
}

}  // namespace residual::train
