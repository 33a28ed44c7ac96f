// What a pass over all images has found, remembered in the user's cache folder under the fingerprint of the images.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/overview/info.h"

namespace residual::data {

/// The statistics of images with this fingerprint, without per_class; none where they are not remembered, or not as they are
/// written here. images, channels: of the data set.
std::optional<SplitInfo> remembered_statistics(const std::string& fingerprint, int64_t images, int64_t channels);

/// The images among those of this fingerprint that cannot be read.
std::optional<std::vector<BrokenImage>> remembered_broken(const std::string& fingerprint);

/// Nothing is written where the fingerprint is empty or there is no cache folder; a folder that cannot be written is a warning.
void remember(const std::string& fingerprint, const SplitInfo& statistics);
void remember(const std::string& fingerprint, const std::vector<BrokenImage>& broken);

}  // namespace residual::data
