// What a tensor is called elsewhere: one spelling for all the names that programs give to the same layers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/tensor/shape.h"

namespace residual::convert {

using Shapes = std::map<std::string, Shape>;  ///< tensors by name

struct Spelling {
  std::map<std::string, std::string> names;  ///< spelling -> the name that it represents
  std::vector<std::string> outside;          ///< names of what is neither under the prefix nor the last layer
};

/// The common spelling of the tensors whose names begin with `prefix` (without its dot), and of the last layer, wherever it is.
/// Names with only these differences are spelled alike:
///   - `module` and `_orig_mod`, which programs wrap networks in, anywhere
///   - the last layer: the only linear layer outside the stages, whatever it is called; of several `fc`, `linear`, `classifier`,
///     `head`, `head.fc`, `last_linear` …
///   - modules of nn.Sequential that are a whole network by their numbers
///   - a stem of one convolution: `stem.conv`, `conv1.0`, `layer0.0`
///   - stages by the order of their numbers: `layer1`, `stage2`, `conv3_x`, `layers.0`
///   - in blocks: shortcuts (`downsample`, `shortcut`, `projection`, `skip` …) and numbered layers (`bottleneck.{0,1,3,4}`)
///   - DenseNet's old `norm.1`, `conv.2`
///   - Hugging Face's `embedder.embedder.convolution`, `encoder.stages.0.layers.0.layer.0.normalization`
/// `num_batches_tracked` and `n_averaged` count steps of training and are omitted. Where two names would be spelled alike, all
/// keep their own.
Spelling common_spelling(const Shapes& tensors, const std::string& prefix = {});

/// A name at its dots, without wrappers.
std::vector<std::string> parts_of(const std::string& name);

}  // namespace residual::convert
