// What a file of weights, or the config.json beside it, says about the network and its pictures.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "convert/weights.h"
#include "data/preprocess.h"
#include "models/architecture.h"

namespace residual::convert {

struct Configuration {
  std::optional<models::Architecture> architecture;  ///< what it calls itself, where we know such a network; a hint only
  std::optional<data::Preprocessing> preprocessing;
  std::vector<std::string> labels;  ///< names of the classes by index
  bool stride_on_1x1 = false;       ///< of the bottlenecks, which no tensor tells
};

/// From what our own PyTorch files say; from timm's config.json ("architecture", "pretrained_cfg", "label_names"), from that of
/// Hugging Face's transformers ("id2label", "downsample_in_bottleneck") and the preprocessor_config.json beside it, or from the
/// note "arch" that PyTorch's ImageNet example leaves. How pictures are prepared is not read unless `with_preprocessing`. Throws
/// Error (kBadFile) that names the file for what is no JSON object or asks for what cannot be done.
Configuration read_configuration(const Weights& weights, const std::filesystem::path& path, bool with_preprocessing);

}  // namespace residual::convert
