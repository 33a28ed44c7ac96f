// Defaults that depend on the data and the network, chosen to train well on any data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "models/table.h"

namespace residual::train {

/// 400 steps, but at most a tenth of all steps.
int64_t default_warmup(int64_t training_images, int64_t batch_size, int64_t epochs);

/// What a user calls the data set at this path: the name of its folder or archive; "data" where that says nothing.
std::string data_name(const std::filesystem::path& path);

/// The images' own size up to 64 pixels; larger images are resized to the network's published input. All: C,H,W.
Shape default_input(const Shape& published, const Shape& image_chw);

}  // namespace residual::train
