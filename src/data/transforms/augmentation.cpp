#include "data/transforms/augmentation.h"

#include <utility>

namespace residual::data {

TransformList augmented(const TransformList& preprocessing, const Augmentation& augmentation) {
  std::vector<Transform> transforms = preprocessing.transforms();
  if (augmentation.crop_padding != 0) transforms.emplace_back(RandomCrop{augmentation.crop_padding});
  if (augmentation.flip) transforms.emplace_back(RandomFlip{});
  return TransformList(std::move(transforms));
}

}  // namespace residual::data
