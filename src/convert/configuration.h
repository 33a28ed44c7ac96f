// What a file of weights, or the config.json beside it, says about the network and its pictures.
#pragma once

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
};

/// From timm's config.json ("architecture", "pretrained_cfg", "label_names"), from that of Hugging Face's transformers
/// ("id2label"), or from the note "arch" that PyTorch's ImageNet example leaves. Throws Error (kBadFile) for a config.json that
/// is no JSON object or whose pretrained_cfg asks for what cannot be done.
Configuration read_configuration(const Weights& weights);

}  // namespace residual::convert
