// Data sets of images that the caller already has in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace residual::data {

/// Image i shows the class classes[labels[i]]. Images may differ in height and width, not in their number of channels. Throws
/// Error (kUsage) when there are no images or no classes, when the numbers of images and labels differ, and for an image or label
/// that is not valid.
std::unique_ptr<Dataset> memory_dataset(std::vector<Image> images, std::vector<int64_t> labels, std::vector<std::string> classes);

/// A data source of such data sets (or of any others); null for a split that does not exist. val_split: the fraction of every
/// class of `train` that becomes the validation split, 0 … 0.9; seed: of that choice. Throws Error (kUsage) when all splits are
/// null, when their classes differ, and where val_split is given beside a validation split or without a training split.
DataSource memory_source(std::unique_ptr<Dataset> train, std::unique_ptr<Dataset> validation, std::unique_ptr<Dataset> test,
                         double val_split = 0, uint64_t seed = 0);

}  // namespace residual::data
