// What a file of weights, or the config.json beside it, says about the network and its images.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "convert/weights.h"
#include "data/preprocessing/preprocessing.h"
#include "models/architecture.h"

namespace residual::convert {

struct Configuration {
  std::optional<models::Architecture> architecture;  ///< what it calls itself, where we know such a network; a hint only
  std::optional<data::Preprocessing> preprocessing;
  std::vector<std::string> labels;  ///< names of the classes by index
  bool stride_on_1x1 = false;       ///< of the bottlenecks, which no tensor tells
};

/// What the caller does not know better.
struct Wanted {
  bool architecture = true, preprocessing = true;
};

/// From what our own PyTorch files say; from timm's config.json ("architecture", "pretrained_cfg", "label_names"), from that of
/// Hugging Face's transformers ("id2label", "downsample_in_bottleneck") and the preprocessor_config.json beside it, or from the
/// note "arch" that PyTorch's ImageNet example leaves. Throws Error (kBadFile) that names the file for what is no JSON object or
/// asks for what cannot be done: another network, activation or pooling than the list's, which no tensor would show.
Configuration read_configuration(const Weights& weights, const std::filesystem::path& path, const Wanted& wanted = {});

/// The names of a network's classes, or none, with a warning, where they are not as many.
std::vector<std::string> labels_for(const models::Architecture& architecture, std::vector<std::string> labels,
                                    const std::filesystem::path& path);

}  // namespace residual::convert
