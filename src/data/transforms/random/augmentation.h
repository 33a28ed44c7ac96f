// The random transforms of training images, by name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/transforms/random/training_images.h"
#include "data/transforms/transform_list.h"

namespace residual::data {

/// The names that augmentation_named knows, of every random transform in the table (data/transforms/transform.h), in its order.
std::vector<std::string_view> augmentation_names();

/// "none"; "auto", those that suit the images; or names joined by '+', in any order: "crop+flip". The transforms are in the order
/// of the table. Throws Error (kUsage) for another text.
std::vector<Transform> augmentation_named(std::string_view text, const TrainingImages& images);

/// The preprocessing, then random transforms. Throws Error (kUsage) for parameters out of range.
TransformList augmented(const TransformList& preprocessing, std::span<const Transform> augmentation);

}  // namespace residual::data
