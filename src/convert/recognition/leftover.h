// Tensors of a file that a network does not have: part of what the network computes in that file, or of something beside it.
#pragma once

#include <string>
#include <vector>

#include "convert/recognition/fit.h"

namespace residual::convert {

/// Of `leftover`, tensors of the file that a network lacks, those that belong to something else: counters of profilers
/// (total_ops), other networks, weights of a loss, heads beside the one that is used. All others may be part of what was trained
/// as the network: layers in its blocks, convolutions, layers between its features and its logits.
std::vector<std::string> unrelated(const std::vector<std::string>& leftover, const Found& found);

}  // namespace residual::convert
