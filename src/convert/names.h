// What a tensor is called elsewhere: one spelling for all the names that programs give to the same layers.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace residual::convert {

/// The common spelling of a network's tensor names, with the name that each represents. Names with only these differences are
/// spelled alike:
///   - wrappers: a first component that all names share (`module.`, `model.`), and Hugging Face's `resnet.`
///   - shortcuts: `downsample`, `shortcut`, `projection`
///   - the last layer: `fc`, `linear`, `classifier`, `head`, `head.fc`, `classifier.1`
///   - numbered blocks: `bottleneck.{0,1,3,4,6,7}` and `residual_function.{...}` are conv1, bn1, conv2, bn2, conv3, bn3
///   - a stem `conv1.{0,1}`, and stages `conv{2-5}` or `conv{2-5}_x`, which are layer{1-4}
///   - DenseNet's old `norm.1`, `conv.2`
///   - Hugging Face's `embedder.embedder.convolution`, `encoder.stages.0.layers.0.layer.0.normalization`
/// `num_batches_tracked` counts steps of training and is omitted. Where two names would be spelled alike, all keep their own.
std::map<std::string, std::string> common_spelling(const std::vector<std::string>& names);

}  // namespace residual::convert
