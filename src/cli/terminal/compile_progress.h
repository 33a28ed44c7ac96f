// The progress of compiling a network, and Ctrl-C meanwhile.
#pragma once

#include "residual/compile_observer.h"

namespace residual::cli {

/// Shows "timing kernels 12 of 57" as a ProgressBar does, and stops where a signal has been recorded.
CompileObserver compile_progress();

}  // namespace residual::cli
