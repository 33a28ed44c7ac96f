// Printing the comparison of two models.
#pragma once

#include "convert/compare.h"

namespace residual::cli {

void print_comparison(const convert::Comparison& comparison);

/// Returns the exit code: 0 when the two agree, 6 when they differ.
int exit_code(const convert::Comparison& comparison);

}  // namespace residual::cli
