#include "train/options/defaults.h"

#include <algorithm>

#include "data/files/archive.h"
#include "train/options/hyperparameter.h"

namespace residual::train {

int64_t default_warmup(int64_t training_images, int64_t batch_size, int64_t epochs) {
  const int64_t steps =
      std::max<int64_t>(training_images / std::max<int64_t>(batch_size, 1), 1) * std::clamp<int64_t>(epochs, 1, 4000);
  return std::min<int64_t>(400, steps / 10);
}

std::string data_name(const std::filesystem::path& path) {
  std::filesystem::path data = path.lexically_normal();
  if (!data.has_filename()) data = data.parent_path();
  std::string name = data.filename().string();
  if (data::has_archive_name(data)) name = name.substr(0, name.find('.'));
  return name.empty() || name == "." || name == ".." ? "data" : name;
}

Shape default_input(const Shape& published, const Shape& image_chw) {
  constexpr int64_t kSmall = 64;
  if (image_chw[1] <= kSmall && image_chw[2] <= kSmall) return image_chw;
  return Shape{image_chw[0], published[1], published[2]};
}

}  // namespace residual::train
