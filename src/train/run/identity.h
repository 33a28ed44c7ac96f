// The identity of a run, by which a checkpoint is matched to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "train/options/options.h"

namespace residual::train {

/// Everything that determines the bytes a run produces, as JSON, except the number of threads: a run may be resumed with another
/// number, with results that differ in the last bits.
std::string identity_json(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing);

/// The preprocessing in such a text; none where it is of another form.
std::optional<data::Preprocessing> preprocessing_in(std::string_view identity);

/// Converts the identity that an earlier version wrote: hyperparameters that it did not have get their defaults. The current form
/// is unchanged. Throws Error (kBadFile) for any other.
std::string upgraded_identity(std::string_view saved);

}  // namespace residual::train
