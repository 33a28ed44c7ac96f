// Which network a file of weights holds: by the caller's options, by what the file says, or by its tensors.
#pragma once

#include <filesystem>
#include <string>

#include "convert/configuration.h"
#include "convert/load.h"
#include "convert/recognition/fit.h"

namespace residual::convert {

/// The network, with the caller's choices, and its tensors in the file. Says how the network was recognised, what was assumed
/// that no tensor shows, and which tensors are ignored. Throws Error (kBadFile) with a table of the differences where the tensors
/// fit no network or not the one that was named.
Fit identify(const std::filesystem::path& path, const Weights& weights, const Configuration& configuration,
             const LoadOptions& options);

/// "resnet18, shortcut A, small stem, 10 classes".
std::string described_in_words(const models::Architecture& architecture);

}  // namespace residual::convert
