// The section of the report's page with the confusion matrix.
#pragma once

#include <string>

#include "train/report/report.h"

namespace residual::train {

/// A <section> with the shaded matrix and the pairs of classes that were mistaken most often; empty when there is no matrix.
/// With more than 100 classes only the pairs. Throws Error (kUsage) when the matrix is not square.
std::string confusion_section(const RunReport& report);

}  // namespace residual::train
