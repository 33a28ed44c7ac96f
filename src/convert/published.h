// Published weights, as `residual fetch` downloads them.
#pragma once

#include <filesystem>

#include "convert/load.h"
#include "fetch/catalogue.h"

namespace residual::convert {

/// The model of an entry of the catalogue, whose weights lie in `file`: the network it is, the preprocessing it was published
/// with and, of 1,000 classes, ImageNet's names. What `options` say about network, input and preprocessing goes first. Throws
/// Error as load does, (kUsage) for an entry that is a data set.
LoadedModel load_published(const fetch::Entry& entry, const std::filesystem::path& file, LoadOptions options = {});

}  // namespace residual::convert
