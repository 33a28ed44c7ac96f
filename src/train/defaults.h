// What a training run does where nothing else is asked for: chosen so that a run on any data is a good one.
#pragma once

#include <cstdint>
#include <string_view>

#include "data/dataset.h"
#include "data/transforms/augmentation.h"
#include "models/table.h"
#include "train/options.h"

namespace residual::train {

double default_learning_rate(Optimizer optimizer);  ///< 0.1 for SGD (He et al. 2015), 0.001 for Adam and AdamW
double default_weight_decay(Optimizer optimizer);   ///< 1e-4 for SGD (He et al. 2015), 0 for Adam, 0.01 for AdamW (PyTorch)

/// 400 steps, but at most a tenth of all.
int64_t default_warmup(int64_t training_images, int64_t batch_size, int64_t epochs);

/// "none", "crop", "flip", "crop+flip", or "auto": crop and flip, but for IDX digits no flip. The crop pads by 4 pixels (IDX: 2).
/// `format`: of the data. Throws Error (kUsage) for another text.
data::Augmentation augmentation_named(std::string_view text, data::Format format, const Shape& input_chw);

/// The images' own size up to 64 pixels; larger ones are brought to the size that the network was published for. All: C,H,W.
Shape default_input(const Shape& published, const Shape& image_chw);

}  // namespace residual::train
