// A training run as a caller specifies it, and its defaults, which depend on the data and the pretrained weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/preprocessing/preprocessing.h"
#include "eval/model.h"
#include "train/options/options.h"

namespace residual::train {

/// How a caller specifies preprocessing: by preset or file (data/preprocessing/presets.h), or by mean and standard deviation of
/// each channel, for values in 0 … 1; all empty: unspecified.
struct PreprocessingChoice {
  std::string name;
  std::vector<float> mean, std;

  bool any() const { return !name.empty() || !mean.empty() || !std.empty(); }
};

/// The chosen preprocessing for a network's input (C,H,W); none where unspecified. Throws Error (kUsage) for one that does
/// not fit the input, (kBadFile) for the file.
std::optional<data::Preprocessing> chosen_preprocessing(const PreprocessingChoice& choice, const Shape& input_chw);

/// Whether the choice applies the Exif orientation of images, which data sets do during decoding. Throws like
/// chosen_preprocessing.
bool turns_upright(const PreprocessingChoice& choice);

/// Empty members have defaults: of Hyperparameters, of defaults.h, or values derived from the data and pretrained weights.
struct TrainRequest : Hyperparameters, Execution {
  std::optional<models::Architecture> network;  ///< none: the pretrained network; the classes are always those of the data
  std::optional<Shape> input;                   ///< C,H,W; none: as `preprocessing` gives, else default_input()
  models::Initialisation initialisation = models::Initialisation::kHe;
  PreprocessingChoice preprocessing;
  bool exif_orientation = false;  ///< whether the data set applies the Exif orientation; recorded in the model
};

/// Throws Error (kUsage) for options that are out of range or contradictory for any data, (kBadFile) for a preprocessing file.
void check(const TrainRequest& request);

/// The request with all defaults resolved. `pretrained`: the initial weights; null: random ones, and request.network is set.
/// Throws Error (kUsage) where the data has no training images, and like check().
TrainOptions settle(const TrainRequest& request, const data::DataSource& source, const eval::Model* pretrained = nullptr);

/// The preprocessing of a resolved run: that of request.preprocessing, else that of the pretrained weights where it is known,
/// else that of the run that is resumed, else normalisation by the mean and standard deviation of all training images. Image
/// files are all decoded once. Throws Error: kBadFile that names every image that cannot be read, kInterrupted when the observer
/// says so.
data::Preprocessing settle_preprocessing(const TrainRequest& request, const TrainOptions& options, const data::DataSource& source,
                                         const eval::Model* pretrained = nullptr, const data::PassObserver& observer = {});

/// The network's name and a checksum of its weights, by which a resumed run detects other weights.
std::string identity_of(const eval::Model& pretrained);

}  // namespace residual::train
