// Transfer learning: the weights of a trained network as the start of another, some of them kept as they are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/model.h"
#include "models/architecture.h"
#include "runtime/state.h"

namespace residual::train {

/// The scope of the classifier, the last linear layer: "fc" in the ImageNet ResNets. Throws Error (kUsage) for a network that has
/// none.
std::string head_scope(const Graph& network);

/// What of a trained model starts another network.
struct Start {
  State weights;                   ///< parameters and running statistics that are taken over
  std::vector<std::string> drawn;  ///< names of the head's parameters, when it is new because the number of classes differs
};

/// Every Variable of `architecture`, whose classes have these names, from `pretrained`; only the head may have another shape.
/// Where `pretrained` has the same classes in another order the head's rows follow the new one. Throws Error (kUsage) with a
/// table of names and shapes, side by side, when anything else differs.
Start start_from(const eval::Model& pretrained, const models::Architecture& architecture,
                 const std::vector<std::string>& classes);

/// The scopes that `names` stand for in this network: a scope as it is ("layer1", "layer3.0.conv2"), and "stem" for what comes
/// before the first stage. Throws Error (kUsage) with the scopes there are for one that holds no parameter, and when nothing is
/// left to train.
std::vector<std::string> frozen_scopes(const Graph& network, std::span<const std::string> names);

}  // namespace residual::train
