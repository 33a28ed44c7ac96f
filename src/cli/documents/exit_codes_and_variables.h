// What the documents list beside commands and options.
#pragma once

#include <string_view>

namespace residual::cli {

struct Listed {
  std::string_view name, meaning;
};

inline constexpr Listed kExitCodes[] = {
    {"0", "Everything was done."},
    {"1", "An error of another kind."},
    {"2", "Arguments out of range or contradicting each other."},
    {"3", "A file or folder that is missing, damaged or not what it claims to be."},
    {"4", "Training or a network's outputs met a value that is not finite."},
    {"5", "Memory, threads or disk exhausted, or output that cannot be written."},
    {"6", "convert, verify: the two models give different logits."},
    {"130", "Interrupted by Ctrl-C, SIGTERM or SIGHUP."},
};

inline constexpr Listed kVariables[] = {
    {"RESIDUAL_CACHE_DIR",
     "Folder for downloads, the choice of the fastest kernels and the statistics of images (default: $XDG_CACHE_HOME/residual or "
     "~/.cache/residual)."},
    {"RESIDUAL_FETCH_MIRROR",
     "Address of a copy of that folder, from which files are downloaded instead of from their publishers."},
    {"RESIDUAL_TUNE", "0: kernels are not timed, a good guess is taken."},
    {"RESIDUAL_ISA", "Widest instruction set that kernels may use, such as avx2."},
    {"RESIDUAL_CUDNN", "cuDNN's library, or the folder that it lies in, for --device cuda."},
    {"OMP_NUM_THREADS", "Threads that compute where --threads is not given."},
};

}  // namespace residual::cli
