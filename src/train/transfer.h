// Transfer learning: the weights of a trained network as the initial weights of another, some of them frozen.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/model.h"
#include "models/architecture.h"
#include "runtime/state.h"

namespace residual::train {

/// The scope of the classifier, the last linear layer: "fc" in the ImageNet ResNets. Throws Error (kUsage) for a network without
/// one.
std::string head_scope(const Graph& network);

/// Initial weights taken from a trained model.
struct Start {
  State weights;                   ///< transferred parameters and running statistics
  std::vector<std::string> drawn;  ///< names of the head's parameters, when the classes differ and the head is new
};

/// Every Variable of `architecture`, whose classes have these names, from `pretrained`; only the head may have another shape.
/// Where `pretrained` has the same classes in another order, the head's rows are reordered; where it has only some of them, or
/// another number, the head is new (eval::match_classes). Throws Error (kUsage) with a table of names and shapes, side by side,
/// when anything else differs.
Start start_from(const eval::Model& pretrained, const models::Architecture& architecture,
                 const std::vector<std::string>& classes);

/// The scopes that `names` refer to in this network: a scope itself ("layer1", "layer3.0.conv2"), or "stem" for everything before
/// the first stage. Throws Error (kUsage) with the existing scopes for one that holds no parameter, and when nothing is left to
/// train.
std::vector<std::string> frozen_scopes(const Graph& network, std::span<const std::string> names);

}  // namespace residual::train
