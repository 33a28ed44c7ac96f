// Printing the comparison of two models.
#pragma once

#include "convert/compare.h"

namespace residual::cli {

void print_comparison(const convert::Comparison& comparison);

/// 0 where the two are the same, 6 where they differ.
int exit_code(const convert::Comparison& comparison);

}  // namespace residual::cli
