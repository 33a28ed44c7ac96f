// The preprocessing of a training run that is given none.
#pragma once

#include "data/overview/info.h"
#include "data/preprocessing/preprocessing.h"

namespace residual::train {

/// Normalisation for a training split: standard preprocessing with the mean and standard deviation of its images.
data::Preprocessing standard_preprocessing(const Shape& input_chw, const data::SplitInfo& train);

}  // namespace residual::train
