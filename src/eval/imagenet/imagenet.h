// The classes of ImageNet (ILSVRC 2012), which published weights distinguish.
#pragma once

#include <string>
#include <vector>

namespace residual::eval {

/// Both have 1,000 entries in the order of the published list. "tench", "goldfish", …
const std::vector<std::string>& imagenet_names();
/// The ids in WordNet, as which ImageNet's folders are called: "n01440764", …
const std::vector<std::string>& imagenet_ids();

}  // namespace residual::eval
