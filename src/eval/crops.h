// Evaluation that looks at each picture in several crops.
#pragma once

#include "eval/evaluate.h"

namespace residual::eval {

/// 5: the four corners and the centre of every prepared picture; 10: those and their mirror images (Krizhevsky et al. 2012,
/// section 4.1, as torchvision's FiveCrop and TenCrop cut). The logits of a picture's crops are averaged, as torchvision
/// documents it, then scored. One pass over the data a crop; memory for one float a picture and class beside evaluation's own. 1:
/// like evaluate. Throws Error (kUsage) for another number and for a model whose preparation has no centre crop.
Evaluation evaluate_crops(Model& model, const data::Dataset& dataset, int64_t crops, const EvaluateOptions& options = {});

}  // namespace residual::eval
