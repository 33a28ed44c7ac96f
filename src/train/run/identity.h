// Which run a checkpoint belongs to.
#pragma once

#include <string>
#include <string_view>

#include "data/dataset.h"
#include "data/transforms/preprocess.h"
#include "train/options.h"

namespace residual::train {

/// Everything that decides the bytes a run produces, as JSON, except the number of threads: a run may be resumed with another
/// one, to results that differ in the last bits.
std::string identity_json(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing);

/// The identity that an earlier version wrote, in today's terms; today's as it is. Throws Error (kBadFile) for anything else.
std::string upgraded_identity(std::string_view saved);

}  // namespace residual::train
