// Models from ONNX files and into them.
#pragma once

#include <filesystem>

#include "convert/load.h"

namespace residual::convert {

/// A network of the model table where the file's graph computes what one of these computes, whatever its weights are called
/// (match.h); otherwise the graph itself, which can be evaluated and used but not trained. How images are prepared, and labels,
/// are read from files that save_onnx has written. Where the file leaves the size of its images open, `options` say it. Throws
/// Error (kBadFile), also where `options` name a network that it is not; (kUsage) where they contradict the file's sizes.
LoadedModel load_onnx(const std::filesystem::path& path, const LoadOptions& options);

/// Everything the model is: its network, and in the metadata what our model files have there (`residual.architecture`,
/// `residual.preprocessing`, `residual.labels`). `preprocessing_inside`: the steps that divide, scale and normalise become part
/// of the network, whose input is then 0 … 255. Throws Error (kUsage) where steps behind these do something else.
void save_onnx(const std::filesystem::path& path, const eval::Model& model, bool preprocessing_inside);

}  // namespace residual::convert
