#include "train/options/request.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/json_text.h"
#include "core/log.h"
#include "core/threads/threads.h"
#include "data/preprocessing/presets.h"
#include "io/checkpoint.h"
#include "io/checksum.h"
#include "train/options/defaults.h"
#include "train/options/hyperparameter_table.h"
#include "train/options/preprocessing.h"
#include "train/run/identity.h"
#include "train/trainer.h"

namespace residual::train {
namespace {

void check_choice(const PreprocessingChoice& choice) {
  if (choice.mean.empty() != choice.std.empty()) {
    fail(ErrorKind::kUsage, "mean and std go together; {} is missing", choice.mean.empty() ? "mean" : "std");
  }
  if (!choice.name.empty() && !choice.mean.empty())
    fail(ErrorKind::kUsage, "the preprocessing '{}' says how images are normalised; omit mean and std", choice.name);
  for (const float value : choice.std) {
    if (!(value > 0)) fail(ErrorKind::kUsage, "std holds {}, expected numbers above 0", value);
  }
  if (!choice.name.empty()) data::preprocessing_input(choice.name);  // rejects an unknown name and an invalid file
}

// The preprocessing of the pretrained weights for an input of this size; none where it is unknown or requires another size.
std::optional<data::Preprocessing> inherited(const eval::Model& pretrained, const Shape& input_chw) {
  if (!pretrained.preprocessing_known) return std::nullopt;
  const data::Preprocessing& theirs = pretrained.preprocessing;
  if (theirs.output_shape() == input_chw) return theirs;
  const auto step = std::ranges::find_if(
      theirs.transforms(), [](const data::Transform& candidate) { return std::holds_alternative<data::Normalize>(candidate); });
  if (step == theirs.transforms().end() || theirs.channels() != input_chw[0]) return std::nullopt;
  const auto& normalize = std::get<data::Normalize>(*step);
  return data::Preprocessing::standard(input_chw, normalize.mean, normalize.std);
}

// That of the run that is resumed: earlier versions computed the statistics of large data sets from a part of the images.
std::optional<data::Preprocessing> resumed(const TrainOptions& options) {
  const std::filesystem::path checkpoint = options.out / "checkpoint.safetensors";
  if (!options.resume || !std::filesystem::exists(checkpoint)) return std::nullopt;
  std::optional<data::Preprocessing> saved = preprocessing_in(upgraded_identity(io::load_checkpoint(checkpoint).identity));
  return saved && saved->output_shape() == options.architecture.input ? saved : std::nullopt;
}

bool is_of_files(const data::DataSource& source) {
  return source.format == data::Format::kFolder || source.format == data::Format::kNumbered;
}

}  // namespace

std::optional<data::Preprocessing> chosen_preprocessing(const PreprocessingChoice& choice, const Shape& input_chw) {
  check_choice(choice);
  if (!choice.name.empty()) return data::preprocessing_named(choice.name, input_chw);
  if (choice.mean.empty()) return std::nullopt;
  for (const auto& [what, numbers] : {std::pair("mean", &choice.mean), std::pair("std", &choice.std)}) {
    if (static_cast<int64_t>(numbers->size()) != input_chw[0])
      fail(ErrorKind::kUsage, "{} has {} numbers, the images have {} channels", what, numbers->size(), input_chw[0]);
  }
  return data::Preprocessing::standard(input_chw, choice.mean, choice.std);
}

bool turns_upright(const PreprocessingChoice& choice) {
  // Preprocessing that takes its size from the network is always a preset, and no preset applies the Exif orientation.
  if (choice.name.empty() || !data::preprocessing_input(choice.name)) return false;
  return data::preprocessing_named(choice.name).exif_orientation();
}

void check(const TrainRequest& request) {
  check_choice(request.preprocessing);
  data::augmentation_named(request.augmentation, {});  // rejects an unknown name
  check(TrainOptions{request, request});
}

TrainOptions settle(const TrainRequest& request, const data::DataSource& source, const eval::Model* pretrained) {
  if (!source.train) {
    fail(ErrorKind::kUsage, "the data has no training images ({}); put them into a folder train/<class>/", source.found);
  }
  check(request);
  TrainOptions options{complete(request), request};
  if (!options.warmup_steps) options.warmup_steps = default_warmup(source.train->size(), options.batch_size, options.epochs);
  options.initialisation = request.initialisation;
  options.architecture = request.network ? *request.network : pretrained->architecture;
  const Shape published = options.architecture.input;
  options.architecture.classes = static_cast<int64_t>(source.classes().size());
  std::optional<Shape> input = request.input;
  if (!input && !request.preprocessing.name.empty()) input = data::preprocessing_input(request.preprocessing.name);
  options.architecture.input = input.value_or(default_input(published, source.train->image_shape()));
  const Shape& settled = options.architecture.input;
  options.random_transforms = data::augmentation_named(
      request.augmentation, {.input = {settled[1], settled[2]}, .digits = source.format == data::Format::kIdx});
  if (pretrained != nullptr) options.pretrained = identity_of(*pretrained);
  if (pretrained == nullptr && !request.freeze.empty()) {
    warn("the frozen parts ({}) keep the random weights that they start with",
         printable(fmt::format("{}", fmt::join(request.freeze, ", "))));
  }
  return options;
}

data::Preprocessing settle_preprocessing(const TrainRequest& request, const TrainOptions& options, const data::DataSource& source,
                                         const eval::Model* pretrained, const data::PassObserver& observer) {
  const Shape& input = options.architecture.input;
  std::optional<data::Preprocessing> result = chosen_preprocessing(request.preprocessing, input);
  if (!result && pretrained != nullptr) result = inherited(*pretrained, input);
  if (!result) result = resumed(options);
  const int threads = request.target.threads > 0 ? request.target.threads : allowed_threads();
  if (is_of_files(source)) {
    const data::DataInfo info = data::inspect(source, threads, observer);
    if (!result) result = standard_preprocessing(input, *info.train);
  }
  if (!result) result = standard_preprocessing(input, data::inspect(*source.train, threads, observer));
  return result->with_exif_orientation(request.exif_orientation);
}

std::string identity_of(const eval::Model& pretrained) {
  return fmt::format("{} {}", pretrained.architecture.model, io::checksum_of(io::views_of(pretrained.state.tensors()), {}));
}

}  // namespace residual::train
